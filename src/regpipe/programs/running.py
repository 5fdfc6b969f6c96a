"""Which way a program is run over its inputs: all of them come to the same, at another speed."""

from regpipe.programs import engine, library, parallel, slurp
from regpipe.programs.chunks import ByteInputs
from regpipe.programs.libjq import Libjq
from regpipe.programs.native import NativeInputs, Reading
from regpipe.programs.plain import Run

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from regpipe.programs.cut import Cutter


class Inputs:
    """What a program is run over.

    Args:
        files: the names of the files; none means standard input.
        stdin: what a file named `-` stands for.
        reading: how they are read.
    """

    def __init__(self, files: "Sequence[str]", stdin: "BinaryIO", reading: Reading) -> None:
        self.files = files
        self.stdin = stdin
        self.reading = reading


def run(
    libjq: Libjq,
    program: engine.Program,
    inputs: Inputs,
    output: engine.Output,
    reads: str | None,
) -> Run:
    """Run a program over its inputs.

    Args:
        libjq: the library.
        program: the program.
        inputs: its inputs.
        output: where results and messages go.
        reads: the paths it looks at, empty if they are not known; None if it may ask for inputs
            itself, or of them, which only libjq's own way of reading them can answer.

    Raises:
        WorkerError: a worker process was killed.
    """

    def cutter() -> "Cutter":
        from regpipe.programs.cut import Cutter  # noqa: PLC0415 -- json costs 6 ms

        return Cutter(library.paths(reads or ""))

    reading = inputs.reading
    if reads is None or reading.special or (reading.slurp and not reads):
        return NativeInputs(libjq, inputs.files, inputs.stdin, reading, output).run(program)
    source = ByteInputs(inputs.files, inputs.stdin, output)
    if reading.slurp:
        return slurp.run(libjq, program, source, output, cutter)
    return parallel.run(libjq, program, source, output, cutter if reads else None)
