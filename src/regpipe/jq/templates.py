"""Results reused for records that differ in copied strings and dates only.

Gain: records of a large input differ mostly in names, digests and dates, which a report copies
without reading them; once these are marked (see projection.py), most records are equal, libjq runs
once over one of them, and its result serves the others: the default program over 100 MB takes 0.5
(12 kB records) to 0.75 (4 kB) of the time of jq itself (tests/bench/RESULTS.md). Not used for
programs without a `# copies:` header, for output options that change how strings are written, and
for more than `_MAX_TEMPLATES` kinds of records. Checked for every template: it is used only if it
gives for the first record what the program gives for that record unmarked; and by
tests/processes/test_templates.py against the run without templates.
"""

from regpipe.jq import libjq as lj
from regpipe.jq.marks import Found, Marks
from regpipe.jq.output import Style
from regpipe.jq.program import Program

_MAX_TEMPLATES = 1000
"""How many templates are kept: where there are more, records are too different for them."""


def supports(style: Style, marks: Marks) -> bool:
    """Tell whether strings appear in results as they are marked."""
    return style.raw == marks.raw and not (style.unbuffered or style.flags & lj.ASCII)


class Template:
    """A result with gaps, and main.c's `ret` of the run.

    Args:
        result: what came of a marked record.
        marked: the record.
        marks: what stands for strings in it.
        ret: what the run came to.

    Raises:
        ValueError: marks are in places where they are not known.
    """

    def __init__(self, result: bytes, marked: str, marks: Marks, ret: int) -> None:
        text = result.decode()
        if marks.whole in marked:
            # A line that is all of the record; lines are JSON, in which nothing else ends a line.
            lines = [None if line == marked else line for line in text.split("\n")]
        else:
            lines = [text]
        pieces = [""]
        self._gaps: list[tuple[str, int] | None] = []
        for number, line in enumerate(lines):
            pieces[-1] += "\n" if number else ""
            if line is None:
                self._gaps.append(None)
                pieces.append("")
                continue
            found = marks.gaps(line)
            if found is None:
                raise ValueError
            pieces[-1] += found[0][0]
            pieces += found[0][1:]
            self._gaps += found[1]
        self._format = "%s".join(piece.replace("%", "%%") for piece in pieces)
        self.ret = ret

    def fill(self, found: Found) -> bytes:
        """Return the result of a record that has these strings in place of the marks."""
        gaps = [found.text(gap) if gap else found.whole for gap in self._gaps]
        return (self._format % tuple(gaps)).encode()


class Templates:
    """The templates of a program's results.

    Args:
        program: the program.
        marks: what stands for strings in records.
    """

    def __init__(self, program: Program, marks: Marks) -> None:
        self._program = program
        self._marks = marks
        self._known: dict[str, Template | None] = {}

    def fill(self, marked: str, found: Found) -> int | None:
        """Write the result of a record from the template for it.

        Args:
            marked: the record, reduced and marked.
            found: what the marks stand for.

        Returns:
            What the run would come to, None if there is no template.
        """
        template = self._known.get(marked)
        if template is None:
            return None
        self.write(template.fill(found))
        return template.ret

    def may_learn(self, marked: str) -> bool:
        """Tell whether a template for such records may be made."""
        return marked not in self._known and len(self._known) < _MAX_TEMPLATES

    def learn(self, marked: str, found: Found, reduced: str) -> int | None:
        """Run the program over a reduced record, and keep a template of its result.

        Returns:
            What the run came to, None if libjq cannot parse the record.
        """
        program = self._program
        self._known[marked] = None
        ret, result, messages = program.trial(reduced)
        if ret is None or messages or program.halted:
            return self.fail(reduced, ret, result, messages)
        self.write(result)
        self._keep(marked, found, ret, result)
        return ret

    def write(self, result: bytes) -> None:
        """Write what came of a record."""
        self._program.output.write(result)

    def fail(self, reduced: str, ret: int | None, result: bytes, messages: str) -> int | None:  # noqa: ARG002
        """Write what came of a record with a message, or before the program halted."""
        self.write(result)
        if messages:
            self._program.output.write_stderr(messages)
        return ret

    def _keep(self, marked: str, found: Found, ret: int, result: bytes) -> None:
        """Keep the result of the marked record, if it gives the result of the unmarked one."""
        program = self._program
        marked_ret, marked_result, messages = program.trial(marked)
        program.halted = False
        if messages or marked_ret != ret:
            return
        try:
            template = Template(marked_result, marked, self._marks, ret)
        except ValueError:
            return
        if template.fill(found) == result:
            self._known[marked] = template
