"""`regpipe summarize`: run a jq program on records; the default prints a summary."""

import _locale
import os
import signal
import sys

from regpipe import commands
from regpipe.errors import UsageError
from regpipe.jq import libjq as lj
from regpipe.jq import library, strategy
from regpipe.jq.libjq import Libjq
from regpipe.jq.options import Options, UnknownOptionError
from regpipe.jq.output import Output
from regpipe.jq.program import COMPILE, NO_OUTPUT, OK, CompileError, Program
from regpipe.jq.values import RunResult
from regpipe.stdio import columns
from regpipe.system import directories, pipeline

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from regpipe.stdio import Streams

    _Handler = Callable[[int, FrameType | None], object] | int | None

HELP = """\
usage: regpipe summarize [OPTION…] [PROGRAM] [FILE…]
       regpipe summarize [OPTION…] --args PROGRAM [STRING…]
       regpipe summarize [OPTION…] --jsonargs PROGRAM [JSON…]

Run a jq program over JSON: records of the other verbs or any other. PROGRAM is
the name of a bundled program or of one of yours (see --list), else a jq
program; the default is `summary`. Input is the files, else standard input.
Output is compact (jq -c); everything else is as in jq 1.8.

programs:
  --list                    list the named programs
  --show NAME               print one of them
  -f, --from-file           PROGRAM is a file that holds the program
  -L, --library-path DIR    search modules in DIR

input:
  -n, --null-input          run once, with null as input (see `input`, `inputs`)
  -R, --raw-input           each line is a string
  -s, --slurp               one array of all inputs
      --stream              each input in jq's streaming form
      --stream-errors       the same, with a parse error as an array too
      --seq                 read and write application/json-seq

output:
  -r, --raw-output          strings without quotes
  -j, --join-output         the same, without newlines
      --raw-output0         the same, with a NUL after each result
  -a, --ascii-output        escape characters that are not ASCII
  -S, --sort-keys           sort the keys of objects
  -c, --compact-output      one line a result: the default
      --tab                 indent with tabs
      --indent N            indent with N spaces, at most 7
  -C, --color-output        colors ($JQ_COLORS)
  -M, --monochrome-output   no colors
      --unbuffered          flush after each result
  -e, --exit-status         exit with 1 if the last result is false or null,
                            with 4 if there is none

values:
      --arg NAME TEXT       set $NAME to a string
      --argjson NAME JSON   set $NAME to a JSON value
      --slurpfile NAME FILE
                            set $NAME to an array of the JSON values in a file
      --rawfile NAME FILE   set $NAME to the text of a file
      --args                words after PROGRAM are strings in $ARGS.positional
      --jsonargs            words after PROGRAM are JSON values there

other:
  -h, --help                show this help
  -V, --version             show the version
  --                        no options after this

exit codes: 0 success, 1 and 4 with -e, 2 usage or an unreadable file, 3 the
program does not compile, 5 it failed on an input, or an input is not valid JSON

examples:
  regpipe tags my.registry/team/app | regpipe manifests | regpipe summarize
  regpipe summarize newest --arg n 3 records.ndjson
  regpipe summarize -r 'select(.platform.os == "windows") | .ref' records.ndjson

See also: regpipe help programs, regpipe help environment.
"""

DEFAULT = "summary"
# Hidden from programs, whose `env` shows every other variable: they may be anyone's.
_SECRETS = ("REGPIPE_PASSWORD", "DOCKER_AUTH_CONFIG")


def main(argv: list[str], streams: "Streams") -> int:
    """Run the verb with the arguments after its name; return jq's exit code."""
    for name in _SECRETS:
        os.environ.pop(name, None)
    if argv in (["-h"], ["--help"]):  # also where libjq cannot be loaded
        streams.stdout.write(_help(streams).encode())
        return OK
    libjq = Libjq()
    try:
        options = Options(argv, libjq)
    except UnknownOptionError as error:
        from regpipe.jq import parameters  # noqa: PLC0415 -- only a mistake pays for it

        raise parameters.explained(error, argv) from None
    if options.action:
        is_help = options.action == "help"
        streams.stdout.write((_help(streams) if is_help else _action(options, streams)).encode())
        return OK
    source = _source(libjq, options)
    if source.named:
        _set_parameters(options, source.named, streams)
    if source.named and not (options.files or options.null) and streams.stdin.isatty():
        raise UsageError("no input: name a file, or pipe records in; see --help")
    # libjq runs without looking at Python's signals: an endless program could not be stopped.
    # Where it is ignored, as in a script's background job, it stays so.
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    handler = _set_interrupt(signal.SIG_IGN if ignored else signal.SIG_DFL)
    time_locale = _set_time_locale("")
    try:
        return _run(libjq, options, source, streams)
    except CompileError as error:
        streams.stderr.write(_compile_messages(error, options))
        return COMPILE
    finally:
        _set_interrupt(handler)
        _set_time_locale(time_locale)


def _set_parameters(options: Options, named: "library.NamedProgram", streams: "Streams") -> None:
    """Make the values of parameters what the program's header says."""
    is_shown = named.parameters and (options.color or streams.stdout.isatty())
    if options.given or options.null or is_shown:
        from regpipe.jq import parameters  # noqa: PLC0415 -- most programs run without any

        parameters.apply(options, named, streams.stdout)


class _ProgramText:
    """A program's text and the directory from which it includes others."""

    def __init__(self, text: bytes, directory: str, named: "library.NamedProgram | None") -> None:
        self.text = text
        self.directory = directory
        self.named = named


def _source(libjq: Libjq, options: Options) -> _ProgramText:
    word = options.program
    if options.from_file:
        if word is None:
            raise UsageError("-f takes the name of a file")
        data = libjq.call.jv_load_file(os.fsencode(word), 1)
        if libjq.call.jv_get_kind(data) == lj.INVALID:
            raise UsageError((libjq.take_message(data) or b"").decode("utf-8", "replace"))
        text = libjq.take_string(data)
        if b"\0" in text:
            raise UsageError(f"program file contains NUL bytes: {word}")
        return _ProgramText(text, os.path.dirname(word) or ".", None)  # noqa: PTH120
    named = library.find(DEFAULT if word is None else word)
    if named is not None:
        return _ProgramText(named.text, os.path.dirname(named.path), named)  # noqa: PTH120
    return _ProgramText(os.fsencode(word or ""), ".", None)


def _run(libjq: Libjq, options: Options, source: _ProgramText, streams: "Streams") -> int:
    named = source.named
    style = options.style(raw=bool(named and named.raw), terminal=streams.stdout.isatty())
    output = Output(streams.stdout, style, streams.stderr, terminal=streams.stderr.isatty())
    if not libjq.call.jq_set_colors(os.environb.get(b"JQ_COLORS")):
        output.report("Failed to set $JQ_COLORS")
    program = Program(
        libjq,
        source.text,
        output,
        arguments=options.arguments(),
        attributes=_attributes(libjq, options, source),
    )
    reading = options.reading(slurp=bool(named and named.slurp))
    if reading.slurp or pipeline.is_kept(streams.stdout):
        pipeline.promise_quiet(streams.stderr)
    inputs = strategy.Inputs(options.files, streams.stdin, reading)
    run = strategy.run(libjq, program, inputs, named, uses_input=_may_use_input(source))
    output.flush()
    return _exit_code(run, exit_status=options.exit_status)


def _attributes(libjq: Libjq, options: Options, source: _ProgramText) -> dict[str, str | list[str]]:
    """Return what libjq is told of directories, as main.c does; `include "oci"` works always."""
    path = options.library_path
    if path is None:
        path = ["~/.jq", "$ORIGIN/../lib/jq", "$ORIGIN/../lib"]
    directory = libjq.call.jq_realpath(libjq.string(source.directory))
    return {
        "JQ_LIBRARY_PATH": [*path, library.library_path()],
        "JQ_ORIGIN": os.path.dirname(sys.argv[0]) or ".",  # noqa: PTH120
        "PROGRAM_ORIGIN": os.fsdecode(libjq.take_string(directory)),
    }


def _may_use_input(source: _ProgramText) -> bool:
    """Tell whether a program, or what it includes, may use `input` or the like."""
    if os.path.exists(directories.expanded("~/.jq") or ""):  # noqa: PTH110
        return True
    if source.named is not None and source.named.bundled:
        return False  # the word stands in messages and comments of some
    text = source.text
    while text.startswith(b"#"):  # the header, which says `input: stream`
        text = text.partition(b"\n")[2]
    return any(word in text for word in (b"input", b"import", b"include"))


def _exit_code(run: RunResult, *, exit_status: bool) -> int:
    """Return the exit code main.c ends with."""
    if not exit_status:
        return max(run.ret, 0) % 256
    if run.ret != NO_OUTPUT:
        return abs(run.ret) % 256
    return {-1: 4, 0: 1}.get(run.last, 0)


def _compile_messages(error: CompileError, options: Options) -> str:
    """Return libjq's messages, a line each: what is wrong, where, and the program's text there."""
    from regpipe.text import printable  # noqa: PLC0415 -- most programs compile

    *messages, _count = error.messages
    lines = []
    for message in messages:
        first, _, rest = message.removeprefix("jq: ").strip().partition("\n")
        excerpt = rest.partition("\n")[0].strip()
        text = printable(f"{first}{' ' if excerpt else ''}{excerpt}")
        lines.append(f"regpipe summarize: {text}\n")
    hint = _hint(options)
    return f"{lines[0].rstrip()}; {hint}\n" if hint else "".join(lines)


def _hint(options: Options) -> str:
    """Return the file of a program with a name, what another word may have meant, or nothing."""
    word = DEFAULT if options.program is None else options.program
    if options.from_file:
        return ""
    named = library.find(word)
    if named is not None:
        return f"in {named.path}"
    if os.path.isfile(word):  # noqa: PTH113
        return f"it is a file, and PROGRAM comes first: regpipe summarize {DEFAULT} {word}"
    if not library.is_valid_name(word):
        return ""
    close = library.suggest(word)
    return f"did you mean the program {close}? see --list" if close else "see --list for programs"


def _help(streams: "Streams") -> str:
    from regpipe.manual import narrow  # noqa: PLC0415 -- needed for help only

    return narrow.fitted(HELP, columns(streams.stdout))


def _action(options: Options, streams: "Streams") -> str:
    """Return what --list and its like print."""
    if options.action == "version":
        return commands.version()
    if options.action == "show":
        program = library.find(options.show)
        if program is not None:
            return program.text.decode("utf-8", "replace")
        close = library.suggest(options.show)
        suggestion = f" (did you mean {close}?)" if close else ""
        raise UsageError(f"no program {ascii(options.show)}{suggestion}; see --list")
    from regpipe.jq import parameters  # noqa: PLC0415 -- only --list pays for it

    programs = list(library.all_programs())
    width = max((len(program.name) for program in programs), default=0)
    return "".join(parameters.listed(program, width, streams.stdout) for program in programs)


def _set_interrupt(handler: "_Handler") -> "_Handler":
    try:
        return signal.signal(signal.SIGINT, handler)
    except ValueError:  # not the main thread, which alone may
        return None


def _set_time_locale(name: str) -> str:
    """Set the language of `strftime` and `strptime`, the user's if empty; return the one before."""
    before = _locale.setlocale(_locale.LC_TIME)
    try:
        _locale.setlocale(_locale.LC_TIME, name)
    except _locale.Error:  # type: ignore[attr-defined]  # typeshed has it in `locale` only
        return before  # as in jq, one that this system does not have changes nothing
    return before
