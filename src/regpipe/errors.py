"""The exceptions regpipe raises and the exit codes they lead to.

    RegpipeError
    ├── UsageError            the command line is wrong                       exit 2
    ├── InputError            an input line is no record and no reference     exit 2
    ├── UnauthorizedError     the registry refused the credentials, or none   exit 3
    ├── NotFoundError         no such registry path, repository, tag, blob    exit 4
    ├── CacheError            the cache file cannot be used                   exit 2
    ├── InternalError         regpipe itself is at fault                      exit 5
    └── RegistryError         the registry or the network failed              exit 5
        ├── ConnectionFailedError   no answer came at all
        ├── ResponseError           an answer came that cannot be used
        │   └── DigestMismatchError its bytes are not the ones asked for
        └── TooLargeError           an answer passed its size limit

Every exception carries `code` (the registry's own error code where it gave one, else a name in
the same style), a one-line `message`, and the HTTP `status` where there was one.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a network verb exits with; `summarize` exits with jq's codes (see programs.py)."""

    OK = 0
    PARTIAL = 1
    USAGE = 2
    UNAUTHORIZED = 3
    NOT_FOUND = 4
    REGISTRY = 5
    INTERRUPTED = 130


class RegpipeError(Exception):
    """Something that regpipe can say in one line.

    Args:
        message: what happened and, where there is one, what to do; one line.
        code: the registry's error code, or one in the same style.
        status: the HTTP status, if the failure was an HTTP answer.
    """

    code = "UNKNOWN"
    exit_code = ExitCode.REGISTRY

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        if code is not None:
            self.code = code

    def about(self, what: str) -> "RegpipeError":
        """Return the same error with a message that says first what it is about."""
        from copy import copy  # noqa: PLC0415 -- only a failure pays for it

        error = copy(self)
        error.message = f"{what}: {self.message}"
        return error


class UsageError(RegpipeError):
    """The command line cannot be carried out as it stands."""

    code = "USAGE"
    exit_code = ExitCode.USAGE


class InputError(RegpipeError):
    """An input is neither a record nor a reference nor a registry's own JSON."""

    code = "INPUT_INVALID"
    exit_code = ExitCode.USAGE


class UnauthorizedError(RegpipeError):
    """The registry wants credentials, or refuses those it was given."""

    code = "UNAUTHORIZED"
    exit_code = ExitCode.UNAUTHORIZED


class NotFoundError(RegpipeError):
    """The registry, layout or archive has no such thing."""

    code = "NOT_FOUND"
    exit_code = ExitCode.NOT_FOUND


class CacheError(RegpipeError):
    """The cache file cannot be used; only `regpipe cache` itself fails by this."""

    code = "CACHE"
    exit_code = ExitCode.USAGE


class InternalError(RegpipeError):
    """A mistake in regpipe, said in a line like any other failure.

    Args:
        error: what was raised where nothing should have been.
    """

    code = "INTERNAL"

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"a mistake in regpipe ({type(error).__name__}: {error}); please report it with what"
            " REGPIPE_DEBUG=1 shows"
        )


class RegistryError(RegpipeError):
    """The registry or the way to it failed."""

    code = "UNAVAILABLE"


class ConnectionFailedError(RegistryError):
    """No answer came: name resolution, connection, TLS or a time limit."""

    code = "CONNECTION_FAILED"


class ResponseError(RegistryError):
    """An answer came that is not what the protocol asks for."""

    code = "RESPONSE_INVALID"


class DigestMismatchError(ResponseError):
    """Content does not hash to the digest it was asked for by."""

    code = "DIGEST_INVALID"


class TooLargeError(RegistryError):
    """An answer is larger than regpipe reads of its kind."""

    code = "SIZE_INVALID"
