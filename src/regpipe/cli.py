"""The command line: finds the verb, and turns its result and its errors into an exit code."""

import os
import sys

from regpipe import __version__, commands
from regpipe.errors import ExitCode, InternalError, RegpipeError

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from regpipe.stdio import Streams


def main(argv: list[str], streams: "Streams") -> int:
    """Run one command line.

    Args:
        argv: the arguments after the program's name.
        streams: standard input, output and error.

    Returns:
        The process's exit code. No exception that a user's input can cause leaves this function.
    """
    verb = commands.ALIASES.get(argv[0], argv[0]) if argv else ""
    try:
        code = _dispatch(verb, argv, streams)
        streams.stdout.flush()
    except BrokenPipeError:
        # The reader has closed the pipe (`| head`). What is buffered must not be flushed again.
        _discard_stdout()
        return ExitCode.OK
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except RegpipeError as error:
        streams.stderr.write(f"regpipe {verb}: {error.message}\n")
        return error.exit_code
    except OSError as error:
        # The output itself failed: a full disk, a closed descriptor.
        streams.stderr.write(f"regpipe {verb}: cannot write the output: {error.strerror}\n")
        _discard_stdout()
        return ExitCode.USAGE
    except Exception as error:
        if os.environ.get("REGPIPE_DEBUG"):
            raise
        fault = InternalError(error)
        streams.stderr.write(f"regpipe {verb}: {fault.message}\n")
        return fault.exit_code
    return code


def _dispatch(verb: str, argv: list[str], streams: "Streams") -> int:
    module = commands.find(verb)
    if module is not None:
        try:
            code: int = module.main(argv[1:], streams)
        except SystemExit:  # argparse's way to end after --help
            return ExitCode.OK
        return code
    if verb in ("-h", "--help"):
        streams.stdout.write(commands.usage().encode())
        return ExitCode.OK
    if verb in ("-V", "--version"):
        streams.stdout.write(f"regpipe {__version__}\n".encode())
        return ExitCode.OK
    if not verb:
        streams.stderr.write(commands.usage())
        return ExitCode.USAGE
    streams.stderr.write(f"regpipe: unknown verb {ascii(verb)}{_advice(verb)}\n")
    return ExitCode.USAGE


def _advice(verb: str) -> str:
    from regpipe.manual import other_tools  # noqa: PLC0415 -- needed after a mistake only

    if use := other_tools.VERBS.get(verb):
        return f": use {use}"
    close = other_tools.closest(verb, [*commands.summaries(), *commands.ALIASES])
    return f" (did you mean {close}?); see regpipe --help" if close else "; see regpipe --help"


def _discard_stdout() -> None:
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):  # closed, or a test's without a descriptor
        return
