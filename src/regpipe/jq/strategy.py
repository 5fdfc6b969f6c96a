"""How a program is run over its inputs: all ways give the same results at different speeds."""

from regpipe.jq import library, parallel, slurp
from regpipe.jq.inputs import InputReader
from regpipe.jq.libjq import Libjq
from regpipe.jq.native import InputOptions, NativeRun
from regpipe.jq.program import Program
from regpipe.jq.sequential import RunResult

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

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
        UsageError: the program's header is wrong.
        WorkerError: a worker process was killed.
    """
    reading, output = inputs.reading, program.output
    declares_paths = named is not None and named.declares_paths
    if named and declares_paths and not named.bundled:
        named.paths()  # its mistakes are told whatever the size of the inputs

    def projection() -> "Projection":
        from regpipe.jq.projection import Projection  # noqa: PLC0415 -- json costs 6 ms

        paths = named.paths() if named else library.DeclaredPaths("")
        if reading.slurp:
            return Projection(paths.reads + paths.copies)
        return Projection(paths.reads, paths.copies, paths.required)

    if uses_input or reading.special or (reading.slurp and not declares_paths):
        return NativeRun(libjq, inputs.files, inputs.stdin, reading, output).run(program)
    source = InputReader(inputs.files, inputs.stdin, output)
    if reading.slurp:
        return slurp.run(libjq, program, source, output, projection)
    return parallel.run(libjq, program, source, output, projection if declares_paths else None)
