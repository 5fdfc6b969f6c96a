"""Records that are reduced to what a program reads, or whose results are filled in."""

from regpipe.jq.inputs import LineCounter

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from regpipe.jq.inputs import Chunk
    from regpipe.jq.program import Runnable
    from regpipe.jq.projection import Projection
    from regpipe.jq.templates import Templates
    from regpipe.jq.values import RunResult

_SPACE = " \t\r\n"


class RecordRun:
    """A program's run over records, as Python's parser divides and a projection reduces them.

    Args:
        program: the program.
        projection: reduces the records.
        templates: results used for many records, if the program allows them.
    """

    def __init__(
        self, program: "Runnable", projection: "Projection", templates: "Templates | None"
    ) -> None:
        self.program = program
        self.projection = projection
        self.templates = templates

    def divide(self, chunk: "Chunk") -> "Records | None":
        """Return the records of a chunk, None where it is not valid UTF-8."""
        # The last line may be incomplete, even within a character.
        end = chunk.data.rfind(b"\n") + 1 or len(chunk.data)
        try:
            return Records(self, chunk, chunk.data[:end].decode())
        except UnicodeDecodeError:
            return None


class Records:
    """The records of a chunk.

    Args:
        run: the run over all of them.
        chunk: the chunk.
        text: its lines that are complete.
    """

    def __init__(self, run: RecordRun, chunk: "Chunk", text: str) -> None:
        self._program = run.program
        self._projection = run.projection
        self._templates = run.templates
        self._chunk = chunk
        self._text = text
        self._is_ascii = text.isascii()
        self._same = (0, 0)  # an index of the bytes and the index of the text that is the same
        self._lines = LineCounter(text)
        self._may_have_lone_surrogate = run.projection.may_have_lone_surrogate(text)
        self._end = 0

    def run(self, begin: int, result: "RunResult") -> int:
        """Run over the records from an index on.

        Args:
            begin: the index in the chunk.
            result: added to.

        Returns:
            The index in the chunk of the first value that is not an object or that Python cannot
            parse; or of what follows the last line.
        """
        program, text = self._program, self._text
        run_one = self._run_one if self._templates is None else self._run_by_template
        program.where = self._where
        at = self._text_index(begin)
        if begin == 0 and self._chunk.first and text.startswith("\ufeff"):
            at = 1
        while (at := self._skip_space(at)) < len(text):
            ret = run_one(at)
            if ret is None:
                break
            result.add(ret)
            at = self._end
            if program.halted:
                result.ended = True
                break
        return self._byte_index(at)

    def may_begin(self, index: int) -> bool:
        """Tell whether an object may begin at an index of the chunk, or after space."""
        at = self._skip_space(self._text_index(index))
        return self._text[at : at + 1] == "{"

    def _run_one(self, begin: int) -> int | None:
        """Run over the record that begins at an index; return jq's `ret`, None if there is none."""
        try:
            reduced, self._end = self._projection.project(self._text, begin)
        except ValueError:
            return None
        text = self._text[begin : self._end]
        if reduced is None or self._has_lone_surrogate(text):
            return self._program.run_text(text, is_reduced=False)
        return self._program.run_text(reduced, is_reduced=True)

    def _run_by_template(self, begin: int) -> int | None:
        """Do the same, but use the template of records like it, if there is one."""
        templates = self._templates
        try:
            marked, self._end, found = self._projection.project_and_mark(self._text, begin)
        except ValueError:
            return None
        if marked is None or templates is None:
            return self._run_one(begin)
        if self._has_lone_surrogate(self._text[begin : self._end]):
            return self._run_one(begin)
        ret = templates.fill(marked, found)
        if ret is not None:
            return ret
        if not templates.may_learn(marked):
            return self._run_one(begin)
        reduced, _ = self._projection.project(self._text, begin)
        if reduced is None:  # it is handed on whole
            reduced = self._text[begin : self._end]
        return templates.learn(marked, found, reduced)

    def _where(self) -> str:
        return self._chunk.at_line(self._lines.before(self._end))

    def _skip_space(self, index: int) -> int:
        text = self._text
        while text[index : index + 1] in _SPACE and index < len(text):
            index += 1
        return index

    def _has_lone_surrogate(self, text: str) -> bool:
        """Tell whether a record may hold a lone surrogate."""
        return self._may_have_lone_surrogate and self._projection.may_have_lone_surrogate(text)

    def _text_index(self, index: int) -> int:
        """Return the index in the text of a byte of the chunk, at most its length."""
        if self._is_ascii:
            return min(index, len(self._text))
        known, at = self._same if self._same[0] <= index else (0, 0)
        at += len(self._chunk.data[known:index].decode(errors="ignore"))
        self._same = index, at
        return min(at, len(self._text))

    def _byte_index(self, index: int) -> int:
        """Return the index in the chunk of a character of the text."""
        if self._is_ascii:
            return index
        known, at = self._same if self._same[1] <= index else (0, 0)
        known += len(self._text[at:index].encode())
        self._same = known, index
        return known
