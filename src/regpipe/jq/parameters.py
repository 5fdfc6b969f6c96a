"""The parameters of a named program by its header, and the values that are given for them.

A `# parameter:` line has a name, a type, the default and help. Types are `number`, `boolean`,
`string`, `array`, and `file`: `--slurpfile` or `--rawfile`. Values of `--arg` are text; where a
number or a boolean is wanted, they are read as that, so that `--arg n 3` and `--argjson n 3` are
the same.
"""

import json
import os

from regpipe.errors import UsageError
from regpipe.jq import library
from regpipe.stdio import columns

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import BinaryIO

    from regpipe.jq.options import Options, UnknownOptionError

_EXAMPLES = {"number": "3", "boolean": "true", "string": "TEXT", "array": "'[…]'", "file": "FILE"}
_NAMES = {"number": "a number", "boolean": "true or false", "string": "text", "array": "an array"}
_TYPES: "dict[str, type | tuple[type, ...]]" = {
    "number": (int, float),
    "boolean": bool,
    "string": str,
    "array": list,
}


def apply(options: "Options", program: "library.NamedProgram", output: "BinaryIO") -> None:
    """Make the values of a program's parameters what its header says.

    On a terminal `width` is its number of columns, and `color` whether jq's output would have it.

    Args:
        options: the command line.
        program: the program.
        output: the standard output.

    Raises:
        UsageError: see `converted`; or `-n 3` was taken for a parameter, or there is no input.
    """
    word = options.files[0] if options.files else ""
    hint = meant(program, "-n", word) if options.null and word.isdigit() else ""
    if hint and not os.path.exists(word):  # noqa: PTH110 -- pathlib costs 3 ms at start-up
        raise UsageError(f"-n is --null-input, as in jq; {hint}")
    if options.null and program.bundled and program.slurp:
        raise UsageError(f"-n is --null-input, as in jq; {program.name} needs its inputs")
    for name, value in converted(program, options.given).items():
        options.set(name, value)
    free = {one.name: one.type for one in program.parameters if one.name not in options.given}
    is_terminal = output.isatty()
    width = _columns(output) if is_terminal else 0
    if width and free.get("width") == "number":
        options.set("width", width)
    if free.get("color") == "boolean" and options.has_color(terminal=is_terminal):
        options.set("color", value=True)


def converted(
    program: "library.NamedProgram", given: "Mapping[str, tuple[str, str]]"
) -> "dict[str, object]":
    """Return the values that are not what their options make of them, by name.

    Args:
        program: the program.
        given: the option, such as `argjson`, and the text of each value, by name.

    Raises:
        UsageError: a value is not of its parameter's type, or a bundled program has no such
            parameter. A mistyped `keep` must not run `retention` with its default.
    """
    known = {parameter.name: parameter for parameter in program.parameters}
    values: dict[str, object] = {}
    for name, (option, text) in given.items():
        parameter = known.get(name)
        if parameter is None:
            if program.bundled:
                raise UsageError(_unknown(program.name, name, known))
        elif option in ("arg", "argjson"):
            value = _value(program.name, parameter, option, text)
            if option == "arg" and not isinstance(value, str):
                values[name] = value
    return values


def setting(parameter: "library.Parameter") -> str:
    """Return how a parameter is given, with an example of a value."""
    example = parameter.default or _EXAMPLES.get(parameter.type, "VALUE")
    if parameter.type == "array" and parameter.default:
        example = f"'{example}'"
    option = {"file": "slurpfile", "array": "argjson"}.get(parameter.type, "arg")
    return f"--{option} {parameter.name} {example}"


def meant(program: "library.NamedProgram", word: str, value: str) -> str:
    """Return how a parameter is given that was taken for an option, as `-n` is, or nothing."""
    name = word.lstrip("-")
    if all(parameter.name != name for parameter in program.parameters):
        return ""
    return f"{program.name} takes its parameter as --arg {name} {value or 'VALUE'}"


def explained(error: "UnknownOptionError", argv: "Sequence[str]") -> UsageError:
    """Return an error with what was meant, if an unknown option is a parameter of the program."""
    programs = (library.find(word) for word in argv)
    named = next((program for program in programs if program), None)
    option, _, value = error.option.partition("=")
    at = argv.index(error.option) + 1 if error.option in argv else len(argv)
    value = value or next(iter(argv[at : at + 1]), "")
    hint = meant(named, option, value) if named else ""
    return UsageError(f"unknown option {error.option}; {hint}") if hint else error


def listed(program: "library.NamedProgram", width: int, output: "BinaryIO") -> str:
    """Return the line of a program in --list, and one for each of its parameters.

    Args:
        program: the program.
        width: that of the column of names.
        output: where it is shown: on a terminal lines are wrapped.
    """
    own = "" if program.bundled else " (yours)"
    lines = [f"{program.name:{width}}  {program.help}{own}"]
    lines += [
        f"{'':{width}}    {setting(parameter)}  {parameter.help}"
        for parameter in program.parameters
    ]
    if output.isatty():
        from regpipe.manual import narrow  # noqa: PLC0415 -- needed here only

        lines = [
            part
            for at, line in enumerate(lines)
            for part in narrow.wrapped(line, columns(output), " " * (width + (6 if at else 2)))
        ]
    return "\n".join(lines) + "\n"


def _columns(stream: "BinaryIO") -> int:
    """Return how many columns wide a terminal is; 0 if it does not tell."""
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdigit() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 0


def _value(program: str, parameter: "library.Parameter", option: str, text: str) -> object:
    kind = parameter.type
    if kind not in _TYPES or (option == "arg" and kind == "string"):
        return text
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        value = text
    if isinstance(value, _TYPES[kind]) and (kind == "boolean") == isinstance(value, bool):
        return value
    raise UsageError(
        f"{program}: {parameter.name} must be {_NAMES[kind]}, not {ascii(text[:40])}: "
        f"{setting(parameter)}"
    )


def _refuse(_text: str) -> object:
    raise ValueError


def _unknown(program: str, name: str, known: "Iterable[str]") -> str:
    names = list(known)
    if not names:
        return f"{program} has no parameters, but --arg or the like sets {ascii(name)}"
    return f"{program} has no parameter {ascii(name)}; it has {', '.join(names)}: see --list"
