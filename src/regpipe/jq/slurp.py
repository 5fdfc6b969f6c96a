"""One array of all inputs, reduced to what a program reads: slurping large inputs."""

from regpipe.jq import libjq as lj
from regpipe.jq import parallel
from regpipe.jq.inputs import InputReader
from regpipe.jq.libjq import Jv, Libjq
from regpipe.jq.program import OK, SYSTEM, Output, Program, Runnable, Style
from regpipe.jq.sequential import RunResult

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Callable

    from regpipe.jq.projection import Projection


def run(
    libjq: Libjq,
    program: Program,
    source: InputReader,
    output: Output,
    make_projection: "Callable[[], Projection]",
) -> RunResult:
    """Run a program over one array of all inputs, which are reduced if they are large.

    Args:
        libjq: the library.
        program: the program.
        source: the inputs.
        output: where results and messages go.
        make_projection: makes what cuts records.

    Raises:
        WorkerError: a worker was killed.
    """
    array = _ArrayBuilder(libjq)
    gathered = Output(array, Style(), output.messages)
    source.ignore_failures = True
    result = parallel.run(libjq, _Identity(libjq, gathered), source, gathered, make_projection)
    gathered.flush()
    if result.ended:  # an input is malformed
        return result
    program.where = source.where_end
    result = RunResult()
    result.add(program.run(array.take()))
    if source.failed:
        result.ret = SYSTEM
    return result


class _Identity(Runnable):
    """Stands for a program that returns its input."""

    def __init__(self, libjq: Libjq, output: Output) -> None:
        self._libjq = libjq
        self._output = output

    def run(self, value: Jv) -> int:
        self._output.write(self._libjq.take_dump(value, 0) + b"\n")
        return OK


class _ArrayBuilder:
    """Collects JSON texts in an array of libjq."""

    def __init__(self, libjq: Libjq) -> None:
        self._call = libjq.call
        self._parser = libjq.call.jv_parser_new(0)
        self._array = libjq.call.jv_array()

    def write(self, texts: bytes | memoryview) -> int:
        """Append values: whole texts, or pieces of them."""
        call, data = self._call, bytes(texts)
        call.jv_parser_set_buf(self._parser, data, len(data), 1)
        while call.jv_get_kind(value := call.jv_parser_next(self._parser)) != lj.INVALID:
            self._array = call.jv_array_append(self._array, value)
        return len(data)

    def flush(self) -> None:
        """Do nothing: values are appended at once."""

    def take(self) -> Jv:
        """Return the array."""
        array: Jv = self._array
        return array
