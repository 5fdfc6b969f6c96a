"""The records of a block: reduced by a projection, from a template, or as they are."""

from regpipe.jq import libjq as lj
from regpipe.jq.inputs import Chunk, LineCounter
from regpipe.jq.libjq import Jv, Libjq
from regpipe.jq.program import Output, Program, Runnable
from regpipe.jq.sequential import RunResult, SequentialRun

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from regpipe.jq.projection import Projection
    from regpipe.jq.templates import Templates

_SHORT = 1500  # so short a record is parsed whole in less time than it takes to cut it
_SPACE = " \t\r\n"


class Block:
    """A program's run over the records of a block.

    Args:
        libjq: the library.
        program: the program.
        output: where its results and messages go.
        projection: reduces the records, if the header says what the program reads.
    """

    def __init__(
        self,
        libjq: Libjq,
        program: Runnable,
        output: Output,
        projection: "Projection | None",
    ) -> None:
        self.output = output
        self._libjq = libjq
        self._program = program
        self._projection = projection
        self._templates = _templates(libjq, program, projection)

    def run(self, chunk: Chunk, result: RunResult) -> int:
        """Run over a block; return the index where the last complete value ends."""
        end = self._run_projected(self._projection, chunk, result) if self._projection else 0
        if result.ended or end == len(chunk.data):
            return end
        return end + self._run_whole(chunk.after(end), result)

    def _run_whole(self, chunk: Chunk, result: RunResult) -> int:
        """Run over values as libjq's parser divides them."""
        values = SequentialRun(self._libjq, self._program, result, chunk, count_lines=False)
        message = values.feed(chunk)
        end = values.end_of_last
        if message is None and not result.ended and not chunk.data[end:].strip():
            return len(chunk.data)
        return end

    def _run_projected(self, projection: "Projection", chunk: Chunk, result: RunResult) -> int:
        """Run over values as Python's parser divides them, up to one that it cannot parse."""
        try:
            text = chunk.data.decode()
        except UnicodeDecodeError:
            return 0
        program, lines = self._program, LineCounter(text)
        run = self._run_by_template if self._templates else self._run_one
        records = _RecordScanner(text, projection)
        records.end = int(chunk.first and text.startswith("\ufeff"))
        program.where = lambda: chunk.at_line(lines.before(records.end))
        while not result.ended and records.skip_space():
            ret = run(records)
            if ret is None:
                break
            result.add(ret)
            result.ended = program.halted
        end = records.begin
        return end if text.isascii() else len(text[:end].encode())

    def _run_one(self, records: "_RecordScanner") -> int | None:
        """Run over the next record; return jq's `ret` for it, None where there is no record."""
        value = self._value(records.short_line()) or self._value(records.project())
        return None if value is None else self._program.run(value)

    def _run_by_template(self, records: "_RecordScanner") -> int | None:
        """Do the same, but use the template of records like it, if there is one."""
        templates = self._templates
        marked = records.mark()
        if marked is None or templates is None:
            return self._run_one(records)
        template = templates.get(marked[0])
        if template:
            self.output.write(template.fill(marked[1]))
            return template.ret
        value = self._value(records.project())
        return None if value is None else templates.learn(*marked, value)

    def _value(self, record: str | None) -> Jv | None:
        if record is None:
            return None
        value = self._libjq.parse(record.encode())
        if self._libjq.call.jv_get_kind(value) != lj.INVALID:
            return value
        self._libjq.call.jv_free(value)
        return None


def _templates(
    libjq: Libjq, program: Runnable, projection: "Projection | None"
) -> "Templates | None":
    """Return the templates, if the program's header and output options allow them."""
    if projection is None or not projection.can_mark or not isinstance(program, Program):
        return None
    from regpipe.jq.templates import Templates, supports  # noqa: PLC0415

    return Templates(libjq, program, projection) if supports(program.output.style) else None


class _RecordScanner:
    """The records of a text, as Python's parser divides them.

    Attributes:
        begin: where the record begins that is the next, or the last if it has been taken.
        end: where the last one ended.
    """

    def __init__(self, text: str, projection: "Projection") -> None:
        self.begin = self.end = 0
        self._text = text
        self._projection = projection
        self._may_have_lone_surrogate = projection.may_have_lone_surrogate(text)

    def skip_space(self) -> bool:
        """Move to the next record; return whether there is one."""
        text, begin = self._text, self.end
        while text[begin : begin + 1] in _SPACE and begin < len(text):
            begin += 1
        self.begin = begin
        return begin < len(text)

    def short_line(self) -> str | None:
        """Return the rest of a line, if it is short and may be a whole object."""
        end = self._text.find("\n", self.begin, self.begin + _SHORT)
        if end < 0 or self._text[self.begin] != "{":
            return None
        self.end = end
        return self._text[self.begin : end]

    def project(self) -> str | None:
        """Return the projection of the object, None where there is no object."""
        try:
            cut, self.end = self._projection.project(self._text, self.begin)
        except ValueError:
            return None
        return (
            cut
            if cut is not None and not self._has_lone_surrogate()
            else self._text[self.begin : self.end]
        )

    def mark(self) -> tuple[str, list[str]] | None:
        """Return the marked projection and the marked strings, None if it cannot be marked."""
        try:
            marked, self.end, strings = self._projection.project_and_mark(self._text, self.begin)
        except ValueError:
            return None
        return (marked, strings) if marked is not None and not self._has_lone_surrogate() else None

    def _has_lone_surrogate(self) -> bool:
        """Tell whether the record may hold a lone surrogate."""
        return self._may_have_lone_surrogate and self._projection.may_have_lone_surrogate(
            self._text[self.begin : self.end]
        )
