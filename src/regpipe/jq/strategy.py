"""Which way a program is run over its inputs: both give the same results."""

from regpipe.jq.inputs import InputReader
from regpipe.jq.libjq import Libjq
from regpipe.jq.native import InputOptions, NativeRun
from regpipe.jq.parallel import Run
from regpipe.jq.program import SYSTEM, Program
from regpipe.jq.tasks import EachTask, ItemTask, SlurpTask, split
from regpipe.jq.values import RunResult

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from regpipe.jq import library
    from regpipe.jq.projection import Projection


class Inputs:
    """The inputs of a program.

    Args:
        files: the names of the files; none means standard input.
        stdin: what a file named `-` stands for.
        reading: how they are read.
    """

    def __init__(self, files: "Sequence[str]", stdin: "BinaryIO", reading: InputOptions) -> None:
        self.files = files
        self.stdin = stdin
        self.reading = reading


def run(
    libjq: Libjq,
    program: Program,
    inputs: Inputs,
    named: "library.NamedProgram | None",
    *,
    uses_input: bool,
) -> RunResult:
    """Run a program over its inputs.

    Args:
        libjq: the library.
        program: the program.
        inputs: its inputs.
        named: the named program, if it is one: its header may say what it reads.
        uses_input: it may use `input`, `inputs` or `input_filename`, which only work where libjq
            reads the inputs itself.

    Raises:
        WorkerError: a worker process was killed.
    """
    reading = inputs.reading
    # Only headers of bundled programs are believed: the tests prove them.
    projection = _projection(named, reading) if named and named.bundled else None
    if uses_input or reading.special or (reading.slurp and projection is None):
        native = NativeRun(libjq, inputs.files, inputs.stdin, reading, program.output)
        return native.run(program, uses_input=uses_input)
    source = InputReader(inputs.files, inputs.stdin)
    if not reading.slurp or projection is None:
        result = Run(source, EachTask(libjq, program, projection)).run()
    else:
        stages = named and split(named.text)
        task: ItemTask | SlurpTask
        if stages:
            task = ItemTask(libjq, program, stages, projection)
        else:
            task = SlurpTask(libjq, program, projection)
        result = Run(source, task).run()
        if not result.ended:  # else an input is malformed
            program.where = source.where_end
            result = RunResult()
            result.add(task.finish())
    if source.failed:
        result.ret = SYSTEM
    return result


def _projection(
    named: "library.NamedProgram", reading: InputOptions
) -> "Callable[[], Projection] | None":
    """Return what makes the projection of a program, if its header says what it reads."""

    def make() -> "Projection":
        from regpipe.jq.projection import Projection  # noqa: PLC0415 -- json costs 6 ms

        paths = named.paths()
        return Projection(
            paths.reads,
            paths.copies,
            paths.required,
            paths.dates,
            paths.sums,
            whole=reading.slurp,
            raw=named.raw and not reading.slurp,
        )

    # With -s, a program that is for each input is given all of them, of which its header is not.
    return make if named.declares_paths and named.slurp == reading.slurp else None
