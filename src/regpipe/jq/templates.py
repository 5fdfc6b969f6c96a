"""Results that are known beforehand: those of records which differ in copied strings alone.

The records of a large input differ mostly in names, digests and dates, and a report hands these on
without looking at them. Once they are marked (see cut.py), most records are equal. So the program
is run over one of them; where its result has marks, it has the strings of every other.

The program's header is not taken at its word: a result is used for others only if it turns out to
be the one which that first record gives as it is.
"""

import re
from json.encoder import encode_basestring

from regpipe.jq import libjq as lj
from regpipe.jq.libjq import Jv, Libjq
from regpipe.jq.program import Program, Style

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from regpipe.jq.projection import Projection

_MAX_TEMPLATES = 1000
"""How many are kept: where there are more, records are not as much alike as was hoped for."""


def supports(style: Style) -> bool:
    """Say whether results are written so that strings stand in them as JSON writes them."""
    return not (style.raw or style.unbuffered or style.flags & lj.ASCII)


class Template:
    """A result with gaps, and what the run came to, in main.c's numbers."""

    def __init__(self, result: bytes, marks: "list[str]", ret: int) -> None:
        pieces = re.split("({})".format("|".join(map(re.escape, marks))), result.decode())
        self._format = "%s".join(piece.replace("%", "%%") for piece in pieces[::2])
        self._order = [marks.index(mark) for mark in pieces[1::2]]
        self.ret = ret

    def fill(self, strings: "list[str]") -> bytes:
        """Return the result of a record which had these strings where the marks are."""
        gaps = [encode_basestring(strings[number]) for number in self._order]
        return (self._format % tuple(gaps)).encode()


class Templates:
    """The templates of a program's results.

    Args:
        libjq: the library.
        program: the program.
        projection: what marks its records.
    """

    def __init__(self, libjq: Libjq, program: Program, projection: "Projection") -> None:
        self._libjq = libjq
        self._program = program
        self._projection = projection
        self._known: dict[str, Template | None] = {}

    def get(self, marked: str) -> Template | None:
        """Return the template for a marked record, if there is one."""
        return self._known.get(marked)

    def learn(self, marked: str, strings: "list[str]", value: Jv) -> int:
        """Run the program over a record, given as a value, and keep what is to be learnt from it.

        Args:
            marked: the record, cut and marked.
            strings: what the marks stand for.
            value: the record as it is, or cut; consumed.

        Returns:
            What the run came to.
        """
        program = self._program
        if marked in self._known or len(self._known) >= _MAX_TEMPLATES:
            return program.run(value)
        self._known[marked] = None
        ret, result, said = program.trial(value)
        program.output.write(result)
        if said:
            program.output.write_stderr(said)
        elif not program.halted:
            self._keep(marked, strings, ret, result)
        return ret

    def _keep(self, marked: str, strings: "list[str]", ret: int, result: bytes) -> None:
        """Keep what the program makes of the marks, if that is what it made of the strings."""
        program = self._program
        marked_ret, marked_result, said = program.trial(self._libjq.parse(marked.encode()))
        template = Template(marked_result, self._projection.marks, ret)
        if not said and marked_ret == ret and template.fill(strings) == result:
            self._known[marked] = template
        program.halted = False
