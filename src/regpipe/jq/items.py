"""Slurping programs in two stages: each input by itself in the workers, then what came of all.

Such a program's last line is `map(item) | result`. `item` makes arrays of an input, of which
`result` leaves the last element as it is, or adds members to it. So `item` runs in the workers
(with templates.py, once over records that are alike), and of that last element only a handle goes
through `result`: an object with one secret member, in whose place its text is put when results are
written.

Gain: `result` alone runs in this process, over a tenth of the text; of by-created over 100,000
manifest records that is a third of the time (tests/bench/RESULTS.md). Not used for inputs below
`parallel.LARGE`; without handles for output options that change how results are written. Checked by
tests/processes/test_parallel.py, which runs all bundled programs both ways and as jq does.
"""

import io
import os
import re

from regpipe.jq.handles import ResultOutput, Wholes
from regpipe.jq.output import Output, Style
from regpipe.jq.program import OK, RUNTIME, Program, Runnable
from regpipe.jq.records import RecordRun
from regpipe.jq.templates import Templates

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Callable

    from regpipe.jq.libjq import Jv
    from regpipe.jq.marks import Marks
    from regpipe.jq.output import Writable
    from regpipe.jq.projection import Projection
    from regpipe.jq.values import ValueRun


# Doubles that JSON texts of items would make other numbers of: these inputs are run over where
# the items go.
_UNLIKE = re.compile(rb"[0-9]e[+-][0-9]")
_NO_JSON = re.compile(b"nan|infinity", re.IGNORECASE)


class ItemRun(Runnable):
    """A run of the first stage over each input.

    Args:
        program: that stage.
        projection: what reduces records.
        secret: what a handle begins with; None if there are to be none.
        send: takes what came of inputs: items as a JSON array, the texts of their last elements, a
            line each, and the first input that it failed on, if there is one. No items and a
            text: an input that is to be run over there.
    """

    def __init__(
        self,
        program: Program,
        projection: "Projection",
        secret: str | None,
        send: "Callable[[bytes, bytes, bytes], object]",
    ) -> None:
        self.templates = _ItemTemplates(program, projection.marks, self)
        self._program = program
        self._before = f'{{"{secret}":"{os.getpid()}-'.encode() if secret else b""
        self._send = send
        self._items: list[bytes] = []
        self._wholes: list[bytes] = []
        self._count = 0  # of handles
        self.values: ValueRun | None = None  # whose inputs these are, in a worker
        self._failed = b""

    def run(self, value: "Jv") -> int:
        """Run over one value, which is consumed."""
        libjq = self._program.libjq
        text = self.values.text if self.values else libjq.take_dump(libjq.call.jv_copy(value), 0)
        ret, result, _ = self._program.trial_of(value)
        return self.add(text, ret, result)

    def run_text(self, value: str, *, is_reduced: bool) -> int | None:  # noqa: ARG002 -- inherited
        """Run over one value given as JSON; return None if libjq cannot parse it."""
        ret, result, _ = self._program.trial(value)
        return None if ret is None else self.add(value.encode(), ret, result)

    def flush(self) -> None:
        """Send what there is."""
        if self._items or self._failed:
            items = b"[%s]" % b",".join(self._items)
            self._send(items, b"\n".join(self._wholes), self._failed)
            self._items.clear()
            self._wholes.clear()
            self._failed = b""

    def add(self, text: bytes, ret: int, result: bytes) -> int:
        """Add what came of an input."""
        if ret == RUNTIME or self._program.halted:
            self._program.halted = False
            self._failed = self._failed or text
        elif _UNLIKE.search(result) or _NO_JSON.search(text):
            self.flush()
            self._send(b"", text, b"")
        else:
            self.take(result)
        return OK

    def take(self, result: bytes) -> None:
        """Add items as the program prints them: all but the last element, and that."""
        lines = result.split(b"\n")
        for at in range(0, len(lines) - 1, 2):
            head, last = lines[at], lines[at + 1]
            if self._before and last.startswith(b'{"'):
                self._wholes.append(last)
                last = b'%s%d"}' % (self._before, self._count)
                self._count += 1
            self._items.append(b"%s,%s]" % (head[:-1], last) if head != b"[]" else b"[%s]" % last)


class _ItemTemplates(Templates):
    """Templates of items."""

    def __init__(self, program: Program, marks: "Marks", run: ItemRun) -> None:
        super().__init__(program, marks)
        self._run = run

    def write(self, result: bytes) -> None:
        """Add what came of a record."""
        self._run.take(result)

    def fail(self, reduced: str, ret: int | None, result: bytes, messages: str) -> int | None:  # noqa: ARG002
        """Add a record that the program failed on."""
        if ret is None:
            return None
        return self._run.add(reduced.encode(), ret, result)


class ItemCollection:
    """What the first stage made of all values, and the second stage over it.

    Args:
        program: the whole program.
        stages: the texts of its stages.
        projection: reduces records.

    Attributes:
        run: the first stage, in this process.
        records: how it runs over records.
        output: where items go.
    """

    def __init__(
        self, program: Program, stages: tuple[bytes, bytes], projection: "Projection"
    ) -> None:
        self._program = program
        self._projection = projection
        self._libjq = libjq = program.libjq
        output = program.output
        self._item = program.other(stages[0], Output(output.stream, Style(), output.messages))
        self._wholes: Wholes | None = None
        self._secret: str | None = None
        if _is_plain(output.style):
            self._secret = os.urandom(12).hex()
            self._wholes = Wholes(self._secret, self._merge)
        self._result_text = stages[1]
        self._array = libjq.call.jv_array()
        self._failed = b""
        self.output = _ItemOutput(self, output)
        self._begin(self.take)

    def _begin(self, send: "Callable[[bytes, bytes, bytes], object]") -> None:
        self.run = ItemRun(self._item, self._projection, self._secret, send)
        self.records = RecordRun(self.run, self._projection, self.run.templates)

    def begin(self, values: "Jv") -> None:
        """Run over an array of values, which is consumed, that came before."""
        call = self._libjq.call
        for index in range(call.jv_array_length(call.jv_copy(values))):
            value = call.jv_array_get(call.jv_copy(values), index)
            ret, result, _ = self._item.trial_of(call.jv_copy(value))
            if ret == RUNTIME or self._item.halted:
                text = self._libjq.take_dump(value, 0)
                self.run.add(text, ret, result)
            else:
                self._run_here(value)
        call.jv_free(values)
        self.run.flush()

    def move(self, stdout: "Writable") -> None:
        """Go on in a worker."""

        def send(items: bytes, wholes: bytes, failed: bytes) -> None:
            sizes = b"%d %d %d\n" % (os.getpid(), len(items), len(wholes))
            stdout.write(sizes + items + wholes + failed)

        self._begin(send)

    def receive(self, data: bytes) -> None:
        """Take what a worker sent."""
        first, _, rest = data.partition(b"\n")
        process, items, wholes = map(int, first.split())
        self.take(rest[:items], rest[items : items + wholes], rest[items + wholes :], process)

    def take(self, items: bytes, wholes: bytes, failed: bytes, process: int | None = None) -> None:
        """Take what came of some values, which follow those before."""
        if not items:
            self._run_here(self._libjq.parse(wholes))
            return
        self._array = self._libjq.call.jv_array_concat(self._array, self._libjq.parse(items))
        if self._wholes and wholes:
            self._wholes.add(process or os.getpid(), wholes.split(b"\n"))
        self._failed = self._failed or failed

    def _run_here(self, value: "Jv | None") -> None:
        """Run the first stage over an input, which is consumed; keep its items as they are."""
        call, state = self._libjq.call, self._item.state
        call.jq_start(state, value, 0)
        while (item := call.jq_next(state)).first:
            item = call.jv_array_append(item, call.jq_next(state))
            self._array = call.jv_array_append(self._array, item)

    def finish(self) -> int:
        """Run the second stage; return main.c's `ret`."""
        self.run.flush()
        if self._failed:  # as it would fail in the whole program
            self._item.where, self._item.output = self._program.where, self._program.output
            value = self._libjq.parse(self._failed)
            return RUNTIME if value is None else self._item.run(value)
        output = self._program.output
        if self._wholes:
            output = ResultOutput(output, self._wholes)
        second = self._program.other(self._result_text, output)
        second.where = self._program.where
        ret = second.run(self._array)
        output.flush()
        return ret

    def _merge(self, text: bytes, added: bytes) -> bytes:
        """Add the members of an object to another, as jq does."""
        results = io.BytesIO()
        output = Output(results, Style(), self._program.output.messages)
        self._program.other(b".[0] + .[1]", output).run_text(
            f"[{text.decode()},{added.decode()}]", is_reduced=True
        )
        output.flush()
        return results.getvalue()[:-1]


class _ItemOutput(Output):
    """Where items come in from the workers."""

    def __init__(self, collection: ItemCollection, output: Output) -> None:
        super().__init__(output.stream, Style(), output.messages, terminal=output.terminal)
        self._collection = collection

    def write(self, data: bytes) -> None:
        """Take what a worker sent at once."""
        self._collection.receive(data)

    def flush(self) -> None:
        """Send on what was made in this process."""
        self._collection.run.flush()


def _is_plain(style: Style) -> bool:
    """Tell whether results are written as the workers write them."""
    return not (style.raw or style.seq or style.flags) and style.end == b"\n"
