"""What is done with the values of the inputs: a program runs over each, or over all at once."""

from regpipe.jq import libjq as lj
from regpipe.jq.libjq import Jv, Libjq
from regpipe.jq.output import Output, Style
from regpipe.jq.program import OK, Program, Runnable
from regpipe.jq.values import ValueRun

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Callable

    from regpipe.jq.items import ItemCollection
    from regpipe.jq.output import Writable
    from regpipe.jq.projection import Projection
    from regpipe.jq.templates import Templates


_STAGES = b"\nmap(item) | result"


def split(text: bytes) -> tuple[bytes, bytes] | None:
    """Return a program's stages, if it has two (see items.py): its last line is what says so."""
    whole = text.rstrip()
    if not whole.endswith(_STAGES):
        return None
    definitions = whole.removesuffix(_STAGES)
    return definitions + b"\nitem | (.[:-1], .[-1])", definitions + b"\nresult"


class Task:
    """What is done with the values of the inputs, in this process and in workers.

    Attributes:
        values: the run over values in this process.
        output: where results and messages go.
        slurps: nothing comes of the values before the inputs end.
    """

    slurps = False
    values: ValueRun
    output: Output

    def reduce(self) -> None:
        """Reduce records from now on, if that is possible."""

    def move(self, stdout: "Writable", stderr: "Writable") -> None:
        """Go on in a worker: `values` and `output` are then its own.

        Args:
            stdout: where results go.
            stderr: where messages go.
        """
        raise NotImplementedError


class EachTask(Task):
    """A program's run over each value.

    Args:
        libjq: the library.
        program: the program.
        make_projection: makes what reduces records, if the program's header says what it reads.
    """

    def __init__(
        self, libjq: Libjq, program: Program, make_projection: "Callable[[], Projection] | None"
    ) -> None:
        self.values = ValueRun(libjq, program)
        self.output = program.output
        self._libjq = libjq
        self._program = program
        self._make_projection = make_projection

    def reduce(self) -> None:
        """Reduce records from now on, if that is possible."""
        if self._make_projection and self.values.records is None:
            from regpipe.jq.records import RecordRun  # noqa: PLC0415 -- for large inputs only

            projection = self._make_projection()
            templates = _templates(self._program, projection)
            self.values.records = RecordRun(self._program, projection, templates)

    def move(self, stdout: "Writable", stderr: "Writable") -> None:
        """Go on in a worker."""
        records = self.values.records
        self.output.redirect(stdout, stderr)
        self.values = ValueRun(self._libjq, self._program)
        self.values.records = records


class SlurpTask(Task):
    """Collects all values in one array.

    Args:
        libjq: the library.
        program: what runs over it.
        make_projection: makes what reduces records.
    """

    slurps = True

    def __init__(
        self, libjq: Libjq, program: Program, make_projection: "Callable[[], Projection]"
    ) -> None:
        self._libjq = libjq
        self._program = program
        self._array = _Array(libjq)
        self._make_projection = make_projection
        self.values = ValueRun(libjq, self._array)
        self.output = Output(self._array, Style(), program.output.messages)

    def reduce(self) -> None:
        """Reduce records from now on."""
        if self.values.records is None:
            from regpipe.jq.records import RecordRun  # noqa: PLC0415 -- for large inputs only

            self.values.records = RecordRun(self._array, self._make_projection(), None)

    def move(self, stdout: "Writable", stderr: "Writable") -> None:
        """Go on in a worker, which writes values as JSON texts."""
        from regpipe.jq.records import RecordRun  # noqa: PLC0415 -- for large inputs only

        self.output = Output(stdout, Style(), stderr)
        texts = _Texts(self._libjq, self.output)
        self.values = texts.values = ValueRun(self._libjq, texts)
        self.values.records = RecordRun(texts, self._make_projection(), None)

    def finish(self) -> int:
        """Run over all values; return main.c's `ret`."""
        return self._program.run(self._array.value)


class ItemTask(Task):
    """Collects what the first stage of a program makes of each value, once there are many.

    Args:
        libjq: the library.
        program: the program, which runs over few values as a whole.
        stages: the texts of its stages.
        make_projection: makes what reduces records.
    """

    slurps = True

    def __init__(
        self,
        libjq: Libjq,
        program: Program,
        stages: tuple[bytes, bytes],
        make_projection: "Callable[[], Projection]",
    ) -> None:
        self._libjq = libjq
        self._program = program
        self._stages = stages
        self._projection = make_projection
        self._array = _Array(libjq)
        self.values = ValueRun(libjq, self._array)
        self.output = Output(self._array, Style(), program.output.messages)
        self._items: ItemCollection | None = None

    def reduce(self) -> None:
        """Run the first stage from now on."""
        if self._items is None:
            from regpipe.jq.items import ItemCollection  # noqa: PLC0415 -- for large inputs only

            self._items = ItemCollection(self._program, self._stages, self._projection())
            self.output = self._items.output
            self._items.begin(self._array.value)
            self._array.other = self._items.run
            self._items.run.values = self.values
            self.values.records = self._items.records

    def move(self, stdout: "Writable", stderr: "Writable") -> None:  # noqa: ARG002 -- inherited
        """Go on in a worker, which writes what the first stage makes."""
        if self._items is None:
            raise ValueError
        self.output = self._items.output
        self._items.move(stdout)
        self.values = self._items.run.values = ValueRun(self._libjq, self._items.run)
        self.values.records = self._items.records

    def finish(self) -> int:
        """Run over all values; return main.c's `ret`."""
        if self._items is None:
            return self._program.run(self._array.value)
        return self._items.finish()


class _Array(Runnable):
    """Collects values in an array of libjq, and JSON texts that are written to it."""

    def __init__(self, libjq: Libjq) -> None:
        self._libjq = libjq
        self._call = libjq.call
        self._parser = libjq.call.jv_parser_new(0)
        self.value: Jv = libjq.call.jv_array()
        self.other: Runnable | None = None  # what values go to from now on

    def run(self, value: Jv) -> int:
        """Append a value, which is consumed."""
        if self.other:
            return self.other.run(value)
        self.value = self._call.jv_array_append(self.value, value)
        return OK

    def run_text(self, value: str, *, is_reduced: bool) -> int | None:  # noqa: ARG002 -- inherited
        """Append a value given as JSON; return None if libjq cannot parse it."""
        parsed = self._libjq.parse(value.encode())
        return None if parsed is None else self.run(parsed)

    def write(self, texts: bytes | memoryview) -> int:
        """Append values given as JSON texts, whole ones or pieces of them."""
        call, data = self._call, bytes(texts)
        call.jv_parser_set_buf(self._parser, data, len(data), 1)
        while call.jv_get_kind(value := call.jv_parser_next(self._parser)) != lj.INVALID:
            self.run(value)
        return len(data)

    def flush(self) -> None:
        """Do nothing: values are appended at once."""


class _Texts(Runnable):
    """Writes values as JSON texts."""

    def __init__(self, libjq: Libjq, output: Output) -> None:
        self._libjq = libjq
        self._output = output
        self.values: ValueRun | None = None  # whose program it is

    def run(self, value: Jv) -> int:
        """Write what a value, which is consumed, was parsed from: NaN has no JSON of its own."""
        self._libjq.call.jv_free(value)
        if self.values:
            self._output.write(self.values.text + b"\n")
        return OK

    def run_text(self, value: str, *, is_reduced: bool) -> int | None:
        """Write a value given as JSON; return None if libjq cannot parse it."""
        data = value.encode()
        if not is_reduced:
            parsed = self._libjq.parse(data)
            if parsed is None:
                return None
            self._libjq.call.jv_free(parsed)
        self._output.write(data + b"\n")
        return OK


def _templates(program: Program, projection: "Projection") -> "Templates | None":
    """Return templates of results, if the program's header and output options allow them."""
    if not projection.can_mark:
        return None
    from regpipe.jq.templates import Templates, supports  # noqa: PLC0415

    return (
        Templates(program, projection.marks)
        if supports(program.output.style, projection.marks)
        else None
    )
