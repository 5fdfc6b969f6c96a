"""The output of a run: records, failures and notices, and the exit code they lead to."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from regpipe.errors import ExitCode, RegpipeError
from regpipe.oci.reference import Reference
from regpipe.records import ndjson
from regpipe.records.make import error_record
from regpipe.stdio import Streams
from regpipe.text import printable

# A reference has at most 255 characters of a name, 128 of a tag, and a host.
_LABEL_LIMIT = 600


class Failure(NamedTuple):
    """An input that gave no record, or not all of them.

    Attributes:
        label: what a message calls the input.
        record: the input, for an error record.
        error: what happened.
    """

    label: str
    record: Mapping[str, Any]
    error: RegpipeError


class Notice(NamedTuple):
    """A warning about a record; unlike a failure it does not change the exit code."""

    label: str
    message: str


class OncePerRegistry:
    """Turns warnings into notices, each once for a registry however many images have it."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def notices(self, ref: Reference, messages: Iterable[str]) -> Iterator[Notice]:
        """Yield a notice for each message that is new for the image's registry."""
        for message in messages:
            with self._lock:
                new = (ref.registry, message) not in self._seen
                self._seen.add((ref.registry, message))
            if new:
                yield Notice(str(ref), message)


class OutputOptions(NamedTuple):
    """What is written, and how.

    Attributes:
        error_records: whether failures become records on standard output.
        color: whether records are in color; None for yes on a terminal.
        quiet: whether warnings are left out.
    """

    error_records: bool = False
    color: bool | None = None
    quiet: bool = False


class Report:
    """Writes records and messages, and computes the exit code.

    Args:
        verb: the verb's name, for messages.
        streams: those of the run.
        options: what is written, and how.
    """

    def __init__(self, verb: str, streams: Streams, options: OutputOptions) -> None:
        self._verb = verb
        self._streams = streams
        self._as_records = options.error_records
        self._quiet = options.quiet
        # The record of `check` has the message, and who looks at it need not see it twice.
        self._is_shown = verb == "check" and streams.stdout.isatty()
        self._paint = _painter(streams, options.color)
        self._codes: set[ExitCode] = set()
        self.failures = 0

    def write(self, batch: list[bytes | Notice | Failure]) -> None:
        """Write results and flush, so that the next process sees them without delay."""
        lines: list[bytes] = []
        for result in batch:
            if isinstance(result, Failure):
                self._streams.stdout.writelines(lines)
                lines = []
                self._add(result)
            elif isinstance(result, Notice):
                self.warning(f"{result.label}: warning: {result.message}")
            else:
                lines.append(self._paint(result))
        self._streams.stdout.writelines(lines)
        self._streams.stdout.flush()

    def _add(self, failure: Failure) -> None:
        error = failure.error
        self.failures += 1
        self._codes.add(error.exit_code)
        if self._as_records:
            self._streams.stdout.write(self._paint(_error_line(failure)))
        elif not self._is_shown:
            self._streams.stdout.flush()
            label = failure.label
            if len(label) > _LABEL_LIMIT:  # the input is not a list of references
                label = f"{label[:_LABEL_LIMIT]}…"
            self.message(f"{label}: {error.code}: {error.message}")

    def warning(self, text: str) -> None:
        """Write one line to standard error, unless warnings are left out."""
        if not self._quiet:
            self.message(text)

    def message(self, text: str) -> None:
        """Write one line to standard error."""
        self._streams.stderr.write(printable(f"regpipe {self._verb}: {text}") + "\n")
        self._streams.stderr.flush()

    def exit_code(self, *, any_success: bool, no_fail: bool) -> int:
        """Return the exit code of the failures if all are of one kind, else PARTIAL.

        It is PARTIAL also where other inputs succeeded, unless only malformed ones failed: those
        are the mistake of whoever wrote them.

        Args:
            any_success: whether something was done for any input.
            no_fail: whether only malformed inputs count.
        """
        codes = self._codes & {ExitCode.USAGE} if no_fail else self._codes
        if len(codes) > 1 or (any_success and codes - {ExitCode.USAGE}):
            return ExitCode.PARTIAL
        return next(iter(codes), ExitCode.OK)


def _painter(streams: Streams, color: bool | None) -> Callable[[bytes], bytes]:  # noqa: FBT001
    """Return what gives a line its colors, if there are to be any."""
    if color is None:
        color = streams.stdout.isatty() and not os.environ.get("NO_COLOR")
    if not color:
        return bytes
    from regpipe.records.colors import Colors  # noqa: PLC0415 -- for people only

    return Colors(os.environ.get("JQ_COLORS", "")).line


def size(result: bytes | Notice | Failure) -> int:
    """Return about how many bytes a result takes until it is written."""
    if isinstance(result, bytes):
        return len(result)
    return 1024 + len(result.label)  # the record of a failure is counted with the input


def _error_line(failure: Failure) -> bytes:
    try:
        return ndjson.write(error_record(failure.record, failure.error))
    except (ValueError, RecursionError):  # the input is what could not be written
        return ndjson.write(error_record({"input": failure.label}, failure.error))
