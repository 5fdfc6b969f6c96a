"""The command line: finds the verb, and turns its result and its errors into an exit code."""

import os

from regpipe import commands, stdio
from regpipe.errors import ExitCode, RegpipeError, fault_of

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
        code = _outcome(verb, argv, streams)
        streams.stdout.flush()
    except stdio.ClosedPipeError:
        return ExitCode.OK
    except stdio.WriteError as error:  # a full disk, a closed descriptor
        _tell(streams, verb, f"cannot write the output: {error.strerror}")
        return ExitCode.USAGE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return code


def _outcome(verb: str, argv: list[str], streams: "Streams") -> int:
    """Run a verb; turn every error but those of the output into a message and an exit code."""
    try:
        return _dispatch(verb, argv, streams)
    except RegpipeError as error:
        _tell(streams, verb, error.message)
        return error.exit_code
    except stdio.WriteError:
        raise
    except stdio.ReadError as error:
        _tell(streams, verb, f"cannot read standard input: {error.strerror}")
        return ExitCode.USAGE
    except Exception as error:
        if os.environ.get("REGPIPE_DEBUG"):
            raise
        fault = fault_of(error)
        _tell(streams, verb, fault.message)
        return fault.exit_code


def _tell(streams: "Streams", verb: str, message: str) -> None:
    streams.stderr.write(f"regpipe{verb and ' '}{verb}: {message}\n")


def _dispatch(verb: str, argv: list[str], streams: "Streams") -> int:
    module = commands.find(verb)
    if module is not None:
        try:
            code: int = module.main(argv[1:], streams)
        except SystemExit:  # argparse's way to end after --help
            return ExitCode.OK
        return code
    if verb in ("-h", "--help"):
        from regpipe.manual import narrow  # noqa: PLC0415 -- needed for help only

        page = narrow.fitted(commands.usage(), stdio.columns(streams.stdout))
        streams.stdout.write(page.encode())
        return ExitCode.OK
    if verb in ("-V", "--version"):
        streams.stdout.write(commands.version().encode())
        return ExitCode.OK
    if not verb:
        streams.stderr.write(commands.usage())
        return ExitCode.USAGE
    streams.stderr.write(f"regpipe: unknown verb {ascii(verb)}{_advice(verb)}\n")
    return ExitCode.USAGE


def _advice(verb: str) -> str:
    from regpipe.jq import library  # noqa: PLC0415 -- needed after a mistake only
    from regpipe.manual import other_tools  # noqa: PLC0415 -- likewise

    if use := other_tools.VERBS.get(verb):
        return f": use {use}"
    if library.find(verb):
        return f": {verb} is a program: use regpipe summarize {verb}"
    close = other_tools.closest(verb, [*commands.summaries(), *commands.ALIASES])
    return f" (did you mean {close}?); see regpipe --help" if close else "; see regpipe --help"
