"""The exceptions regpipe raises and the exit codes they lead to.

    RegpipeError
    ├── UsageError            the command line is wrong                       exit 2
    ├── InputError            an input is not valid                           exit 2
    ├── UnauthorizedError     authentication required or access denied        exit 3
    ├── NotFoundError         no such repository, tag, manifest or blob       exit 4
    ├── CacheError            the cache file cannot be used                   exit 2
    ├── MachineError          this machine failed: memory, files, threads     exit 5
    ├── InternalError         a bug in regpipe                                exit 5
    └── RegistryError         the registry or the network failed              exit 5
        ├── ConnectionFailedError   there was no response
        ├── ResponseError           the response is not valid
        │   └── DigestMismatchError its content has another digest
        └── TooLargeError           the response exceeds a size limit

Every exception carries `code` (the registry's own error code where it gave one, else a name in
the same style), a one-line `message`, and the HTTP `status` where there was one.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of network verbs; `summarize` exits with jq's codes (see jq/program.py).

    An error's own code is that of a run in which nothing succeeded; see stage/output.py.
    """

    OK = 0
    PARTIAL = 1
    USAGE = 2
    UNAUTHORIZED = 3
    NOT_FOUND = 4
    REGISTRY = 5
    INTERRUPTED = 130


class RegpipeError(Exception):
    """A failure that regpipe reports in one line.

    Args:
        message: what happened and, if possible, what to do next; one line.
        code: the registry's error code, or one in the same style.
        status: the HTTP status code, if there was a response.
    """

    code = "UNKNOWN"
    exit_code = ExitCode.REGISTRY

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        if code is not None:
            self.code = code

    def bare(self) -> "RegpipeError":
        """Return the same error without what a traceback keeps in memory."""
        from copy import copy  # noqa: PLC0415 -- needed after a failure only

        error = copy(self)
        error.__traceback__ = error.__cause__ = error.__context__ = None
        return error

    def about(self, what: str) -> "RegpipeError":
        """Return the same error with a message that begins with its subject."""
        from copy import copy  # noqa: PLC0415 -- needed after a failure only

        error = copy(self)
        error.message = f"{what}: {self.message}"
        error.args = (error.message,)
        return error

    def adding(self, more: str) -> "RegpipeError":
        """Return the same error with a message that ends with more; itself if that is empty."""
        if not more:
            return self
        from copy import copy  # noqa: PLC0415 -- likewise

        error = copy(self)
        error.message = f"{self.message}; {more}"
        error.args = (error.message,)
        return error


class UsageError(RegpipeError):
    """The command line is not valid."""

    code = "USAGE"
    exit_code = ExitCode.USAGE


class InputError(RegpipeError):
    """An input is not a record, a reference or a known form of JSON."""

    code = "INPUT_INVALID"
    exit_code = ExitCode.USAGE


class UnauthorizedError(RegpipeError):
    """Authentication is required, or the registry rejects the credentials or denies access."""

    code = "UNAUTHORIZED"
    exit_code = ExitCode.UNAUTHORIZED


class NotFoundError(RegpipeError):
    """There is no such repository, tag, manifest or blob."""

    code = "NOT_FOUND"
    exit_code = ExitCode.NOT_FOUND


class CacheError(RegpipeError):
    """The cache file cannot be used; an error for `regpipe cache` only, elsewhere a warning."""

    code = "CACHE"
    exit_code = ExitCode.USAGE


class MachineError(RegpipeError):
    """This machine failed: no memory, a file that cannot be read, too many open files."""

    code = "SYSTEM"


class InternalError(RegpipeError):
    """A bug in regpipe, reported in one line like any other failure.

    Args:
        error: the unexpected exception.
    """

    code = "INTERNAL"

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"a bug in regpipe ({type(error).__name__}: {error}); please report it with the"
            " traceback that REGPIPE_DEBUG=1 shows"
        )


class RegistryError(RegpipeError):
    """The registry or the connection to it failed."""

    code = "UNAVAILABLE"


class ConnectionFailedError(RegistryError):
    """There was no response: name resolution, connection, TLS or a timeout failed."""

    code = "CONNECTION_FAILED"


class ResponseError(RegistryError):
    """A response does not follow the protocol."""

    code = "RESPONSE_INVALID"


class DigestMismatchError(ResponseError):
    """The content does not have the digest it was requested by."""

    code = "DIGEST_INVALID"


class TooLargeError(RegistryError):
    """A response is larger than the limit for its kind."""

    code = "SIZE_INVALID"


def fault_of(error: Exception) -> RegpipeError:
    """Return an unexpected exception as one that can be reported in one line."""
    if isinstance(error, RegpipeError):
        return error
    if isinstance(error, RecursionError):
        return InputError("nested too deeply")
    if isinstance(error, MemoryError | SystemError):
        # Python raises SystemError where it has lost a MemoryError on the way.
        return MachineError("out of memory")
    if isinstance(error, ImportError):
        return MachineError(f"cannot load {error.name or 'a module'}: {error}")
    if isinstance(error, OSError) and error.strerror:
        name = f"{ascii(error.filename)}: " if error.filename else ""
        return MachineError(f"{name}{error.strerror}")
    return InternalError(error)
