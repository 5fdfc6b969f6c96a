"""Results reused for records that differ in copied strings only.

Gain: records of a large input differ mostly in names, digests and dates, which a report copies
without reading them; once these are marked (see projection.py), most records are equal, libjq runs
once over one of them, and its result serves the others: the default program over 100 MB takes 0.5
(12 kB records) to 0.75 (4 kB) of the time of jq itself (tests/bench/RESULTS.md). Not used for
programs without a `# copies:` header, for output options that change how strings are written, and
for more than `_MAX_TEMPLATES` kinds of records. Checked for every template: it is used only if it
gives for the first record what the program gives for that record unmarked; and by
tests/unit/jq/test_templates.py against the run without templates.
"""

import re
from json.encoder import encode_basestring

from regpipe.jq import libjq as lj
from regpipe.jq.output import Style
from regpipe.jq.program import Program

_MAX_TEMPLATES = 1000
"""How many templates are kept: where there are more, records are too different for them."""


def supports(style: Style) -> bool:
    """Tell whether strings appear in results as JSON writes them."""
    return not (style.raw or style.unbuffered or style.flags & lj.ASCII)


class Template:
    """A result with gaps, and main.c's `ret` of the run."""

    def __init__(self, result: bytes, marks: "list[str]", ret: int) -> None:
        pieces = re.split("({})".format("|".join(map(re.escape, marks))), result.decode())
        self._format = "%s".join(piece.replace("%", "%%") for piece in pieces[::2])
        self._order = [marks.index(mark) for mark in pieces[1::2]]
        self.ret = ret

    def fill(self, strings: "list[str]") -> bytes:
        """Return the result of a record that has these strings in place of the marks."""
        gaps = [encode_basestring(strings[number]) for number in self._order]
        return (self._format % tuple(gaps)).encode()


class Templates:
    """The templates of a program's results.

    Args:
        program: the program.
        marks: what stands for the first copied string, the second…
    """

    def __init__(self, program: Program, marks: "list[str]") -> None:
        self._program = program
        self._marks = marks
        self._known: dict[str, Template | None] = {}

    def fill(self, marked: str, strings: "list[str]") -> int | None:
        """Write the result of a record from the template for it.

        Args:
            marked: the record, reduced and marked.
            strings: what the marks stand for.

        Returns:
            What the run would come to, None if there is no template.
        """
        template = self._known.get(marked)
        if template is None:
            return None
        self._program.output.write(template.fill(strings))
        return template.ret

    def learn(self, marked: str, strings: "list[str]", reduced: str) -> int | None:
        """Run the program over a reduced record, and keep a template of its result.

        Returns:
            What the run came to, None if libjq cannot parse the record.
        """
        program = self._program
        if marked in self._known or len(self._known) >= _MAX_TEMPLATES:
            return program.run_text(reduced, is_reduced=True)
        self._known[marked] = None
        ret, result, messages = program.trial(reduced)
        program.output.write(result)
        if ret is None or messages:
            program.output.write_stderr(messages)
        elif not program.halted:
            self._keep(marked, strings, ret, result)
        return ret

    def _keep(self, marked: str, strings: "list[str]", ret: int, result: bytes) -> None:
        """Keep the result of the marked record, if it gives the result of the unmarked one."""
        program = self._program
        marked_ret, marked_result, messages = program.trial(marked)
        template = Template(marked_result, self._marks, ret)
        if not messages and marked_ret == ret and template.fill(strings) == result:
            self._known[marked] = template
        program.halted = False
