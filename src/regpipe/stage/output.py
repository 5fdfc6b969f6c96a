"""What comes of a run's inputs: records written, failures said, and the exit code they make."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from regpipe.errors import ExitCode, RegpipeError
from regpipe.records import ndjson
from regpipe.records.make import error_record
from regpipe.stdio import Streams
from regpipe.text import printable

# A reference has at most 255 characters of a name, 128 of a tag, and a host.
_LABEL_LIMIT = 600


class Failure(NamedTuple):
    """An input of which no record came, or not all: how it was called, and why."""

    label: str
    record: Mapping[str, Any]
    error: RegpipeError


class Notice(NamedTuple):
    """Something that a user should know about a record, and that is no failure."""

    label: str
    message: str


class Report:
    """Writes what has come, says each failure once, and knows what they come to in the end.

    Args:
        verb: whose messages they are.
        streams: where to write and complain.
        as_records: whether failures are records in the output, and no lines on standard error.
    """

    def __init__(self, verb: str, streams: Streams, *, as_records: bool) -> None:
        self._verb = verb
        self._streams = streams
        self._as_records = as_records
        self._codes: set[ExitCode] = set()
        self.failures = 0

    def write(self, batch: list[bytes | Notice | Failure]) -> None:
        """Write what has come, so that the next process sees it before more is waited for."""
        lines: list[bytes] = []
        for result in batch:
            if isinstance(result, Failure):
                self._streams.stdout.writelines(lines)
                lines = []
                self._add(result)
            elif isinstance(result, Notice):
                self.say(f"{result.label}: warning: {result.message}")
            else:
                lines.append(result)
        self._streams.stdout.writelines(lines)
        self._streams.stdout.flush()

    def _add(self, failure: Failure) -> None:
        error = failure.error
        self.failures += 1
        self._codes.add(error.exit_code)
        if self._as_records:
            self._streams.stdout.write(ndjson.write(error_record(failure.record, error)))
        else:
            self._streams.stdout.flush()
            label = failure.label
            if len(label) > _LABEL_LIMIT:  # somebody piped in what is no list of references
                label = f"{label[:_LABEL_LIMIT]}…"
            self.say(f"{label}: {error.code}: {error.message}")

    def say(self, message: str) -> None:
        """Say what the user should know."""
        self._streams.stderr.write(printable(f"regpipe {self._verb}: {message}") + "\n")
        self._streams.stderr.flush()

    def exit_code(self) -> int:
        """Return that of the failures if they are of one kind, else that for some failures."""
        if not self._codes:
            return ExitCode.OK
        return self._codes.pop() if len(self._codes) == 1 else ExitCode.PARTIAL
