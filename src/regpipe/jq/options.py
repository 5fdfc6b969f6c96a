"""The command line of `summarize`: jq's, parsed as jq does, and a few more options.

argparse is not used because jq's rules are others: options may follow the program, short ones
combine, `--args` turns later words into values, and a repeated `--arg` keeps the first value.
"""

import os

from regpipe.errors import UsageError
from regpipe.jq import libjq as lj
from regpipe.jq.libjq import Jv, Libjq
from regpipe.jq.native import InputOptions
from regpipe.jq.output import Style

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Callable

_SHORT = {
    "s": "slurp",
    "r": "raw-output",
    "j": "join-output",
    "c": "compact-output",
    "C": "color-output",
    "M": "monochrome-output",
    "a": "ascii-output",
    "S": "sort-keys",
    "R": "raw-input",
    "n": "null-input",
    "f": "from-file",
    "L": "library-path",
    "b": "binary",
    "e": "exit-status",
    "h": "help",
    "V": "version",
}
# Options that only set something: attributes of Options to True, flags of libjq's.
_SWITCHES = {
    "null-input": ["null"],
    "raw-input": ["raw_input"],
    "slurp": ["slurp"],
    "raw-output": ["raw"],
    "raw-output0": ["raw", "joined", "nul"],
    "join-output": ["raw", "joined"],
    "color-output": ["color"],
    "monochrome-output": ["monochrome"],
    "unbuffered": ["unbuffered"],
    "exit-status": ["exit_status"],
    "from-file": ["from_file"],
    "binary": [],  # only Windows has text streams
}
_PARSER_FLAGS = {
    "seq": lj.PARSE_SEQ,
    "stream": lj.PARSE_STREAMING,
    "stream-errors": lj.PARSE_STREAMING | lj.PARSE_STREAM_ERRORS,
}
_OUTPUT_FLAGS = {"ascii-output": lj.ASCII, "sort-keys": lj.SORTED}
_INDENTED = lj.TAB | lj.INDENT_MASK
_EXAMPLES = {"arg": "varname value", "argjson": "varname text"}
_ACTIONS = ("help", "version", "list", "show")


class Options:
    """The parsed command line.

    Args:
        argv: the words.
        libjq: makes the values of `--arg` and its like.

    Raises:
        UsageError: the command line is not valid.
    """

    def __init__(self, argv: list[str], libjq: Libjq) -> None:
        self.program: str | None = None
        self.files: list[str] = []
        self.library_path: list[str] | None = None
        self.action: str | None = None  # one of _ACTIONS, instead of a run
        self.show = ""
        self.from_file = self.exit_status = False
        self.null = self.raw_input = self.slurp = False
        self.parser_flags = 0
        self.raw = self.joined = self.nul = self.unbuffered = False
        self.color = self.monochrome = False
        self.given: dict[str, tuple[str, str]] = {}
        """The option and the text of each value of `--arg` and its like, by name."""
        self._flags = 0
        self._libjq = libjq
        self._named = libjq.call.jv_object()
        self._positional = libjq.call.jv_array()
        self._words = iter(argv)
        self._take_word: Callable[[str], None] = self.files.append
        self._read()

    def style(self, *, raw: bool, terminal: bool) -> Style:
        """Return how results are written.

        Args:
            raw: the program asks for raw output.
            terminal: standard output is a terminal.
        """
        flags = self._flags
        if terminal:
            flags |= lj.ISATTY
        if self.has_color(terminal=terminal):
            flags |= lj.COLOR
        style = Style()
        style.flags = flags
        style.raw = self.raw or raw
        style.end = (b"" if self.joined else b"\n") + (b"\0" if self.nul else b"")
        style.seq = bool(self.parser_flags & lj.PARSE_SEQ)
        style.unbuffered = self.unbuffered
        return style

    def has_color(self, *, terminal: bool) -> bool:
        """Tell whether the output has colors, to a terminal or not."""
        automatic = terminal and not os.environ.get("NO_COLOR")
        return (self.color or automatic) and not self.monochrome

    def reading(self, *, slurp: bool) -> InputOptions:
        """Return how inputs are read.

        Args:
            slurp: the program asks for all inputs at once.
        """
        reading = InputOptions()
        reading.null, reading.raw = self.null, self.raw_input
        reading.slurp, reading.flags = self.slurp or slurp, self.parser_flags
        return reading

    def arguments(self) -> Jv:
        """Return the values of `$name` variables, with `$ARGS` and what main.c adds."""
        call, string = self._libjq.call, self._libjq.string
        both = call.jv_object_set(call.jv_object(), string("positional"), self._positional)
        both = call.jv_object_set(both, string("named"), call.jv_copy(self._named))
        values = call.jv_object_set(self._named, string("ARGS"), both)
        name = "JQ_BUILD_CONFIGURATION"
        if not call.jv_object_has(call.jv_copy(values), string(name)):
            values = call.jv_object_set(values, string(name), string("the Python package jq"))
        made: Jv = values
        return made

    def set(self, name: str, value: object) -> None:
        """Set a `$name` variable, in place of what it was set to.

        Args:
            name: its name.
            value: a string, number, boolean or null.
        """
        import json  # noqa: PLC0415 -- most programs run without it

        call, libjq = self._libjq.call, self._libjq
        made = libjq.parse(json.dumps(value).encode())
        self._named = call.jv_object_set(self._named, libjq.string(name), made)

    def _read(self) -> None:
        only_words = False
        for word in self._words:
            if only_words or not _is_option(word):
                if self.program is None:
                    self.program = word
                else:
                    self._take_word(word)
            elif word == "--":
                only_words = True
            elif word.startswith("--"):
                self._long(word[2:])
            else:
                self._short(word[1:])
            if self.action:
                return

    def _short(self, letters: str) -> None:
        while letters and not self.action:
            name = _SHORT.get(letters[0])
            if name is None:
                raise UnknownOptionError(f"-{letters[0]}")
            letters = letters[1:]
            if name == "library-path" and letters:
                self._add_library_path(letters)
                return
            self._long(name)

    def _long(self, name: str) -> None:
        if name in _SWITCHES:
            for attribute in _SWITCHES[name]:
                setattr(self, attribute, True)
        elif name in _PARSER_FLAGS:
            self.parser_flags |= _PARSER_FLAGS[name]
        elif name in _OUTPUT_FLAGS:
            self._flags |= _OUTPUT_FLAGS[name]
        elif name in _ACTIONS:
            self.action = name
            if name == "show":
                self.show = self._operand("--show takes the name of a program")
        else:
            self._long_with_effect(name)

    def _long_with_effect(self, name: str) -> None:
        match name:
            case "compact-output":
                self._flags &= ~_INDENTED
            case "tab":
                self._flags = self._flags & ~_INDENTED | lj.TAB | lj.PRETTY
            case "indent":
                self._indent(self._operand("--indent takes one parameter"))
            case "library-path":
                self._add_library_path(
                    self._operand("-L takes a parameter: (e.g. -L /search/path or -L/search/path)")
                )
            case "args":
                self._take_word = self._add_string
            case "jsonargs":
                self._take_word = self._add_json
            case "arg" | "argjson" | "slurpfile" | "rawfile":
                self._name_value(name)
            case _:
                raise UnknownOptionError(f"--{name}")

    def _operand(self, complaint: str) -> str:
        word = next(self._words, None)
        if word is None:
            raise UsageError(complaint)
        return word

    def _indent(self, text: str) -> None:
        digits = text[1:] if text[:1] in ("+", "-") else text
        width = int(text) if digits.isascii() and digits.isdigit() else -2
        if not -1 <= width <= 7:
            raise UsageError("--indent takes a number between -1 and 7")
        flags = lj.TAB | lj.PRETTY if width < 0 else width << 8 | lj.PRETTY
        self._flags = self._flags & ~_INDENTED | flags

    def _name_value(self, option: str) -> None:
        example = _EXAMPLES.get(option, "varname filename")
        complaint = f"--{option} takes two parameters (e.g. --{option} {example})"
        name, text = self._operand(complaint), self._operand(complaint)
        call, string = self._libjq.call, self._libjq.string
        if not call.jv_object_has(call.jv_copy(self._named), string(name)):
            value = self._value(option, name, text)
            self._named = call.jv_object_set(self._named, string(name), value)
            self.given[name] = option, text

    def _value(self, option: str, name: str, text: str) -> Jv:
        call = self._libjq.call
        if option == "arg":
            return self._libjq.string(text)
        if option == "argjson":
            return self._json(text, f"invalid JSON text passed to --argjson {name}")
        value: Jv = call.jv_load_file(os.fsencode(text), option == "rawfile")
        if call.jv_get_kind(value) == lj.INVALID:
            reason = (self._libjq.take_message(value) or b"").decode("utf-8", "replace")
            raise UsageError(f"Bad JSON in --{option} {name} {text}: {reason}")
        return value

    def _json(self, text: str, complaint: str) -> Jv:
        value = self._libjq.parse(os.fsencode(text))
        if value is None:
            raise UsageError(f"{complaint}: {ascii(text)}")
        return value

    def _add_string(self, word: str) -> None:
        value = self._libjq.string(word)
        self._positional = self._libjq.call.jv_array_append(self._positional, value)

    def _add_json(self, word: str) -> None:
        value = self._json(word, "invalid JSON text passed to --jsonargs")
        self._positional = self._libjq.call.jv_array_append(self._positional, value)

    def _add_library_path(self, path: str) -> None:
        real = self._libjq.call.jq_realpath(self._libjq.string(path))
        self.library_path = [*(self.library_path or []), os.fsdecode(self._libjq.take_string(real))]


def _is_option(word: str) -> bool:
    return word[:1] == "-" and (word[1:2] == "-" or (word[1:2].isascii() and word[1:2].isalpha()))


class UnknownOptionError(UsageError):
    """There is no such option; `option` is the word."""

    def __init__(self, option: str) -> None:
        super().__init__(f"Unknown option {option}; see regpipe summarize --help")
        self.option = option
