"""What a verb's arguments and standard input hold, as jobs."""

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

from regpipe.errors import InputError, fault_of
from regpipe.oci.reference import Defaults
from regpipe.records import ndjson, targets
from regpipe.records.targets import Refused, Target
from regpipe.stage import advice
from regpipe.stage.output import Failure
from regpipe.stdio import ReadError
from regpipe.text import quoted, without_password

Interpret = Callable[[object, Defaults], Iterator[Target | Refused]]


class CountedInput:
    """An input stream that counts what was read of it.

    Attributes:
        count: the number of bytes.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end."""
        data = self._stream.read(size)
        self.count += len(data)
        return data


class PassedThrough(NamedTuple):
    """An error record of an earlier verb."""

    record: dict[str, Any]


Job = Target | Failure | PassedThrough


def jobs(  # noqa: PLR0913 -- what a run's inputs mean
    inputs: Sequence[str],
    fallback: str | None,
    stdin: ndjson.Readable,
    interpret: Interpret,
    defaults: Defaults,
    *,
    verb: str,
) -> Iterator[Job]:
    """Yield what is to be done, in the order of the input, as soon as it is there.

    Args:
        inputs: the verb's arguments, `-` for standard input; none means standard input.
        fallback: the input to take where standard input is empty, if there is one.
        stdin: standard input.
        interpret: what an input names.
        defaults: what references get that name no registry or scheme.
        verb: the verb's name.
    """
    for value, label in _values(inputs, fallback, stdin):
        if isinstance(value, InputError):
            yield Failure(label, {"input": label}, value)
            continue
        try:
            is_argument = value == label and label in inputs
            if isinstance(value, str) and interpret is not targets.registries:
                advice.check_is_no_registry(value, verb, defaults.registry, argument=is_argument)
            for job in jobs_of(value, label, interpret, defaults):
                yield _of_argument(job, verb, label) if is_argument else job
        except InputError as error:
            yield Failure(value, {"input": value}, error)
        except Exception as error:  # whatever it is, it costs no other input
            if os.environ.get("REGPIPE_DEBUG"):
                raise
            yield Failure(label, {"input": label}, fault_of(error))


def jobs_of(
    value: Any,  # noqa: ANN401 -- any JSON
    label: str,
    interpret: Interpret,
    defaults: Defaults,
) -> Iterator[Job]:
    """Yield what one input names.

    Args:
        value: a record, a reference or other JSON.
        label: what messages call it.
        interpret: what an input names.
        defaults: what references get that name no registry or scheme.
    """
    if targets.is_error(value):
        yield PassedThrough(value)
        return
    for target in interpret(value, defaults):
        if isinstance(target, Target):
            yield target
        else:
            yield _refused(target, label)


def _of_argument(job: Job, verb: str, argument: str) -> Job:
    """Return a job that knows which argument it is from."""
    if isinstance(job, Target):
        return job._replace(argument=argument)
    if isinstance(job, Failure) and (meant := advice.about_path(argument, verb)):
        return job._replace(error=job.error.adding(meant))
    return job


def _refused(refused: Refused, label: str) -> Failure:
    """Return the failure of an input that names nothing; it may have a password in it."""
    try:
        given = _without_passwords(refused.value)
    except RecursionError:  # nothing nested so deeply is a reference
        given = label
    ref = given.get("ref") if isinstance(given, dict) else given
    error = refused.error
    if isinstance(ref, str):
        label = ref
        said = f"{quoted(ref)} is "
        if error.message.startswith(said):  # the label says it
            error = InputError(error.message.removeprefix(said), code=error.code)
    return Failure(label, given if isinstance(given, dict) else {"input": given}, error)


def _without_passwords(value: Any) -> Any:  # noqa: ANN401 -- any JSON
    if isinstance(value, str):
        return without_password(value)
    if isinstance(value, list):
        return [_without_passwords(one) for one in value]
    if isinstance(value, dict):
        return {key: _without_passwords(one) for key, one in value.items()}
    return value


def _values(
    inputs: Sequence[str], fallback: str | None, stdin: ndjson.Readable
) -> Iterator[tuple[Any, str]]:
    """Yield the inputs, each with what messages call it."""
    values = itertools.chain.from_iterable(
        _lines(stdin) if argument == "-" else [(argument, argument)] for argument in inputs or ["-"]
    )
    first = next(values, (fallback, fallback) if fallback else None)
    if first:
        yield first
        yield from values


def _lines(stdin: ndjson.Readable) -> Iterator[tuple[Any, str]]:
    try:
        for item in ndjson.read(stdin):
            if isinstance(item, ndjson.Malformed):
                yield InputError(item.message), f"line {item.line}"
            else:
                yield item.value, f"line {item.line}"
    except ReadError as error:
        reason = f"cannot be read: {error.strerror}; what follows in it is missing"
        yield InputError(reason, code="INPUT_UNREADABLE"), "standard input"
