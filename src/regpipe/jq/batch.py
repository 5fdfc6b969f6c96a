"""Several bundled programs run over the same inputs, which are parsed once."""

import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from regpipe.errors import ExitCode, RegpipeError
from regpipe.jq import library
from regpipe.jq.libjq import Jv, Libjq
from regpipe.jq.output import Output, Style
from regpipe.jq.program import RUNTIME, Program
from regpipe.jq.projection import Projection
from regpipe.records import ndjson


class ProgramError(RegpipeError):
    """A bundled program failed on the inputs. The message is the program's own."""

    code = "PROGRAM"
    exit_code = ExitCode.PARTIAL


# jq 1.8.2 aborts where a program does not include what its libraries do, after these.
_LIBRARIES = ("page", "totals", "retention", "used", "oci")
_PAGE = "".join(f'include "{name}" {{search: "./lib"}};' for name in _LIBRARIES).encode()
_PAGE += b"page_figures($settings; $now)"


def reduced(name: str, records: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield records as JSON texts, with what the bundled program of that name reads of them."""
    projection = Projection(library.find_bundled(name).paths().reads)
    for record in records:
        yield projection.reduced(record) or ndjson.write(dict(record))


class Batch:
    """The inputs, and the programs that are run over them.

    The results are those of `regpipe summarize NAME` for the same inputs. A program of the user's
    own that has the name of a bundled one is not used.

    Args:
        texts: the inputs, a JSON text each. One that libjq cannot parse is left out.
    """

    def __init__(self, texts: Iterable[bytes]) -> None:
        self._libjq = Libjq()
        self._inputs: list[Jv] = []
        for text in texts:
            value = self._libjq.parse(text)
            if value is not None:
                self._inputs.append(value)

    def run(
        self, name: str, arguments: Mapping[str, object] | None = None, then: str = "."
    ) -> list[Any]:
        """Run a program; return its results, parsed.

        Args:
            name: the name of a bundled program.
            arguments: the values of its parameters: `--argjson NAME VALUE` each.
            then: what its results go through, which saves reading what nobody needs.

        Raises:
            ProgramError: it failed on an input.
        """
        program = library.find_bundled(name)
        text = program.text + f"\n| {then}".encode()
        return self._run(name, text, arguments or {}, slurp=program.slurp)

    def run_page(self, arguments: Mapping[str, object]) -> list[Any]:
        """Run two programs at once: `page_figures` in filters/lib/page.jq.

        Raises:
            ProgramError: it failed.
        """
        return self._run("report", _PAGE, arguments, slurp=True)

    def _run(
        self, name: str, text: bytes, arguments: Mapping[str, object], *, slurp: bool
    ) -> list[Any]:
        output, messages = io.BytesIO(), io.StringIO()
        compiled = Program(
            self._libjq,
            text,
            Output(output, Style(), messages),
            arguments=self._arguments(arguments),
            attributes={
                "JQ_LIBRARY_PATH": [library.library_path()],
                "JQ_ORIGIN": ".",
                "PROGRAM_ORIGIN": os.path.dirname(library.library_path()),  # noqa: PTH120 -- a string
            },
        )
        copy = self._libjq.call.jv_copy
        inputs = [self._array()] if slurp else map(copy, self._inputs)
        failed = False
        for value in inputs:
            failed |= compiled.run(value) == RUNTIME
        compiled.output.flush()
        if failed:
            raise ProgramError(f"{name}: {_message(messages.getvalue())}")
        return [json.loads(line) for line in output.getvalue().splitlines()]

    def _array(self) -> Jv:
        call = self._libjq.call
        array: Jv = call.jv_array()
        for value in self._inputs:
            array = call.jv_array_append(array, call.jv_copy(value))
        return array

    def _arguments(self, arguments: Mapping[str, object]) -> Jv:
        """Return `$name` variables and `$ARGS`, as main.c makes them."""
        call, libjq = self._libjq.call, self._libjq
        named: Jv = call.jv_object()
        for name, value in arguments.items():
            named = call.jv_object_set(
                named, libjq.string(name), libjq.parse(json.dumps(value).encode())
            )
        known = call.jv_object_set(call.jv_object(), libjq.string("named"), call.jv_copy(named))
        made: Jv = call.jv_object_set(named, libjq.string("ARGS"), known)
        return made


def _message(text: str) -> str:
    """Return what a program says is wrong, without the place in its input."""
    first = text.partition("\n")[0]
    return first.partition("): ")[2] or first
