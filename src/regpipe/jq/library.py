"""Named programs: the bundled ones in filters/, and the user's own.

A program is one file, NAME.jq. It begins with comment lines: a sentence of help, then
`# input: stream` or `slurp`, `# output: json` or `raw`, a `# parameter:` line for each (see
parameters.py), and, in bundled ones, `# reads:`, `# copies:` and `# dates:` with the paths it looks
at (see projection.py). What programs share is in filters/lib, where `include` finds it.
"""

import os

from regpipe.errors import UsageError
from regpipe.system import directories

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Iterator

_SUFFIX = ".jq"
_LISTS = ("reads", "copies", "dates", "sums")
_REPEATED = {**dict.fromkeys(_LISTS, " "), "parameter": "\n"}
"""The fields of a header that may take several lines, and what joins those."""
_SHARED_LISTS = (*_LISTS, "copies-if")


class Parameter:
    """A parameter of a program: its name, type, default as text ("" if it has none) and help."""

    def __init__(self, name: str, kind: str, default: str, help_: str) -> None:
        self.name, self.type, self.help = name, kind, help_
        self.default = "" if default == '""' else default


class NamedProgram:
    """A program in a file, with the fields of its header."""

    def __init__(self, name: str, path: str, text: bytes) -> None:
        self.name = name
        self.path = path
        self.text = text
        self.bundled = path.startswith(_bundled_directory() + "/")
        self.help, fields = _header(text.decode("utf-8", "replace"))
        self.slurp = fields["input"] == "slurp"
        self.raw = fields["output"] == "raw"
        self._reads = fields["reads"]
        self._copies = fields["copies"]
        self._dates = fields["dates"]
        self.parameters = _parameters(fields["parameter"])

    @property
    def declares_paths(self) -> bool:
        """Whether its header has a `# reads:` line."""
        return bool(self._reads or self._copies or self._dates)

    def paths(self) -> "DeclaredPaths":
        """Return the paths that it reads.

        Raises:
            UsageError: its header has something else among them.
        """
        try:
            return DeclaredPaths(self._reads, self._copies, self._dates)
        except ValueError as error:
            raise UsageError(f"the header of {self.path}: {error}") from error


def find(name: str) -> NamedProgram | None:
    """Return the program of that name, the user's own before a bundled one, or None.

    Raises:
        UsageError: its file is there, but cannot be read.
    """
    if not is_valid_name(name):
        return None
    for directory in _directories():
        path = f"{directory}/{name}{_SUFFIX}"
        if os.path.isfile(path):  # noqa: PTH113 -- pathlib costs 3 ms at start-up
            return _read(name, path)
    return None


def is_bundled(name: str) -> bool:
    """Tell whether there is a bundled program of that name, whatever programs the user has."""
    return is_valid_name(name) and os.path.isfile(f"{_bundled_directory()}/{name}{_SUFFIX}")  # noqa: PTH113


def find_bundled(name: str) -> NamedProgram:
    """Return the bundled program of that name, whatever programs the user has."""
    return _read(name, f"{_bundled_directory()}/{name}{_SUFFIX}")


def is_valid_name(word: str) -> bool:
    """Tell whether a word could name a program: letters, digits, `-` and `_`."""
    return word.replace("-", "").replace("_", "").isalnum()


def names() -> list[str]:
    """Return the names of all programs, sorted.

    Raises:
        OSError: a directory is there, but cannot be read.
    """
    found: set[str] = set()
    for directory in _directories():
        try:
            files = os.listdir(directory)  # noqa: PTH208
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        found.update(file.removesuffix(_SUFFIX) for file in files if file.endswith(_SUFFIX))
    return sorted(found)


def all_programs() -> "Iterator[NamedProgram]":
    """Yield all programs, in the order of their names."""
    for name in names():
        program = find(name)
        if program is not None:
            yield program


def suggest(name: str) -> str | None:
    """Return the name of the program that was probably meant, or None."""
    import difflib  # noqa: PLC0415 -- only a typing mistake pays for it

    return next(iter(difflib.get_close_matches(name, names(), n=1)), None)


class DeclaredPaths:
    """The paths of its inputs that a program reads.

    Args:
        reads: words of a `# reads:`, paths and names of shared definitions, which may do anything
            with what they find.
        copies: the same of a `# copies:`. Strings there are only handed on, whole, or asked whether
            they are empty. For a shared definition it is what that itself copies; the
            rest is read.
        dates: the same of a `# dates:`. Strings there are only taken for dates or copied.

    Attributes:
        reads: the paths that it reads.
        copies: the paths that it copies.
        dates: the paths where it looks for dates.
        sums: the paths of numbers in the objects of an array, of which it needs but the sum.
        required: the fields that must be strings in an object; of others nothing is only copied.

    Raises:
        ValueError: a word is neither a path nor the name of a shared definition.
    """

    def __init__(self, reads: str, copies: str = "", dates: str = "") -> None:
        shared = _shared_paths()
        self.reads: list[str] = []
        self.copies: list[str] = []
        self.dates: list[str] = []
        self.sums: list[str] = []
        self.required: set[str] = set()
        todo = [(word, self.reads) for word in reads.split()]
        todo += [(word, self.copies) for word in copies.split()]
        todo += [(word, self.dates) for word in dates.split()]
        for word, found in todo:  # which grows
            if word.startswith("."):
                found.append(word)
            elif word in shared:
                paths = shared[word]
                todo += [(more, self.reads) for more in paths["reads"].split()]
                todo += [(more, found) for more in paths["copies"].split()]
                for kind, paths_of_kind in (("dates", self.dates), ("sums", self.sums)):
                    into = found if found is self.reads else paths_of_kind
                    todo += [(more, into) for more in paths[kind].split()]
                self.required.update(paths["copies-if"].split())
                self.reads += [f".{name}" for name in paths["copies-if"].split()]
            else:
                raise ValueError(f"{ascii(word)} is neither a path nor a shared definition")


def _shared_paths() -> dict[str, dict[str, str]]:
    """Return what the header says of each shared definition, by its name and the kind of line."""
    shared: dict[str, dict[str, str]] = {}
    for name in os.listdir(library_path()):  # noqa: PTH208
        with open(f"{library_path()}/{name}", encoding="utf-8") as file:  # noqa: PTH123
            for line in file:
                kind, _, rest = line.removeprefix("# ").partition(" ")
                defined, colon, words = rest.partition(":")
                if kind in _SHARED_LISTS and colon:
                    paths = shared.setdefault(defined, dict.fromkeys(_SHARED_LISTS, ""))
                    paths[kind] += words
    return shared


def library_path() -> str:
    """Return the directory of the shared definitions (`include "oci";`)."""
    return f"{_bundled_directory()}/lib"


def _read(name: str, path: str) -> NamedProgram:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            text = file.read()
    except OSError as error:
        raise UsageError(f"cannot read the program {path}: {error.strerror}") from error
    return NamedProgram(name, path, text)


def _header(text: str) -> tuple[str, dict[str, str]]:
    """Return the help of a program (its first comment line) and its other header fields."""
    help_ = ""
    fields = {"input": "stream", "output": "json", "parameter": ""}
    fields |= dict.fromkeys(_LISTS, "")
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        comment = line.lstrip("#").strip()
        key, _, value = comment.partition(":")
        if key in fields:
            # What a program reads may take several lines, and each parameter has its own.
            before = f"{fields[key]}{_REPEATED[key]}" if key in _REPEATED else ""
            fields[key] = before + value.strip()
        help_ = help_ or comment
    return help_, fields


def _parameters(lines: str) -> "list[Parameter]":
    """Return the parameters of a header, `NAME TYPE DEFAULT HELP` a line."""
    found = (line.split(maxsplit=3) for line in lines.splitlines() if line)
    return [Parameter(*[*words, "", "", ""][:4]) for words in found]


def _bundled_directory() -> str:
    return directories.packaged("filters")


def _directories() -> list[str]:
    """Return where programs are: the user's, if there is a home directory, and the bundled."""
    config = directories.config(os.environ)
    return [*([f"{config}/regpipe/filters"] if config else []), _bundled_directory()]
