"""Settings that stand in the environment and in config.toml, beside the options of a command.

An option comes before its variable ($REGPIPE_CACERT), that before a registry's own table in
config.toml, and that before the file's general part:

    cacert = "/etc/ssl/company.pem"

    [registry."my.registry:5000"]
    insecure = true

The file is $XDG_CONFIG_HOME/regpipe/config.toml, else ~/.config/regpipe/config.toml. It holds no
passwords.
"""

import importlib
import os
import stat
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from regpipe.errors import UsageError
from regpipe.system.files import unblocked

HINTS = ("auto", "off", "google", "harbor", "hub", "quay", "zot")
"""The lists of digests, `sources.hints.families.NAMES`, which a run without them does not load."""

_OFF = frozenset({"", "0", "false", "no", "off"})


class Setting(NamedTuple):
    """One thing that can be set.

    Attributes:
        key: its name in config.toml.
        kind: `text`, `file` (an existing file), `switch`, `number` or `choice`.
        meaning: what it does, in a line.
        each: whether a registry's table may have it too.
        least: of a number, the least that it may be.
        most: and the most.
        word: what may stand in place of a number.
        option: the option of the command line that comes before it; usually `--` and the key.
        choices: the words of a choice.
    """

    key: str
    kind: str
    meaning: str
    each: bool = False
    least: int = 0
    most: int = 0
    word: str = ""
    option: str = ""
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """The name of the environment variable."""
        return "REGPIPE_" + self.key.removeprefix("default-").replace("-", "_").upper()

    @property
    def flag(self) -> str:
        """The option of the command line."""
        return self.option or f"--{self.key}"


SETTINGS = {
    setting.key: setting
    for setting in (
        Setting("default-registry", "text", "registry of references that name none",
                option="--registry"),
        Setting("plain-http", "switch", "use plain HTTP", each=True),
        Setting("insecure", "switch", "do not verify TLS certificates", each=True),
        Setting("cacert", "file", "CA certificates to trust besides the system's", each=True),
        Setting("cert", "file", "client certificate", each=True),
        Setting("key", "file", "its private key, if not in the same file", each=True),
        Setting("jobs", "number", "concurrent requests", each=True, least=1, most=1000,
                word="auto"),
        Setting("timeout", "number", "seconds to wait for a response", each=True,
                least=1, most=3600),
        Setting("retries", "number", "retries when a registry or the network fails", each=True,
                most=100),
        Setting("min-remaining", "number", "stop when this much is left of a rate limit",
                each=True, most=10**9),
        Setting("hints", "choice", "lists of digests that some registries have", each=True,
                choices=HINTS),
        Setting("platform", "text", "platform of multi-platform images"),
        Setting("cache", "text", "directory of the cache"),
    )
}  # fmt: skip
"""All settings by their keys."""


class Found(NamedTuple):
    """The value of a setting, and where it is from: an option, a variable or the file."""

    value: Any
    origin: str


class Settings:
    """The settings of a run.

    Args:
        environment: the environment variables.
        path: the file config.toml; it need not exist. None for no file.

    Raises:
        UsageError: the file cannot be read, is not TOML, or has an unknown setting.
    """

    def __init__(self, environment: Mapping[str, str], path: str | None) -> None:
        self._environment = environment
        self._path = path
        self._general = _read(path) if path is not None and _is_there(path) else {}
        self._tables: Mapping[str, Any] = self._general.pop("registry", {})
        self._check()

    def registries(self) -> list[str]:
        """Return the registries (`host[:port]`) that have a table of their own."""
        return list(self._tables)

    def find(self, key: str, given: object = None, registry: str | None = None) -> Found | None:
        """Return the value of a setting and where it is from, or None if it is nowhere.

        Args:
            key: the setting's.
            given: the value on the command line; None and False mean that it was not.
            registry: the `host[:port]` whose table counts.

        Raises:
            UsageError: the value of the variable is not valid.
        """
        setting = SETTINGS[key]
        if given is not None and given is not False:
            return Found(given, setting.flag)
        text = self._environment.get(setting.variable)
        if text is not None and (text or setting.kind == "switch"):
            return Found(_from_text(setting, text), f"${setting.variable}")
        table = self._tables.get(registry, {}) if registry is not None else {}
        if key in table:
            return Found(table[key], f'{self._path}: [registry."{registry}"]')
        return Found(self._general[key], str(self._path)) if key in self._general else None

    def value(self, key: str, given: object = None, registry: str | None = None) -> Any:  # noqa: ANN401
        """Return the value of a setting alone; see `find`."""
        found = self.find(key, given, registry)
        return found.value if found else None

    def _check(self) -> None:
        """Check the names and values in the file.

        Raises:
            UsageError: one is not valid.
        """
        if not isinstance(self._tables, dict):
            raise UsageError(
                f'{self._path}: registry must be tables, such as [registry."my.registry:5000"];'
                " the registry of references that name none is default-registry"
            )
        _check_table(self._general, f"{self._path}", lambda _: True)
        for name, table in self._tables.items():
            where = f'{self._path}: [registry."{name}"]'
            if not isinstance(table, dict):
                raise UsageError(f"{where} must be a table")
            if "/" in name:
                raise UsageError(f"{where}: write the registry as host[:port]; see plain-http")
            _check_table(table, where, lambda setting: setting.each)


def load(environment: Mapping[str, str]) -> Settings:
    """Return the settings of a run; see `Settings` for what is raised."""
    return Settings(environment, default_path(environment))


def default_path(environment: Mapping[str, str]) -> str | None:
    """Return the path of config.toml; None where there is no home that it could be in."""
    folder = environment.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(folder):  # noqa: PTH117 -- the XDG specification: relative ones are ignored
        home = environment.get("HOME", "")
        folder = f"{home}/.config" if os.path.isabs(home) else ""  # noqa: PTH117
    return f"{folder}/regpipe/config.toml" if folder else None


def _is_there(path: str) -> bool:
    """Tell whether there is such a file, as far as this user may know.

    Raises:
        UsageError: the system cannot tell, so settings would be lost.
    """
    try:
        os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return False
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    return True


def _read(path: str) -> dict[str, Any]:
    toml: Any  # tomllib, which has been in the standard library since Python 3.11
    try:
        toml = importlib.import_module("tomllib")
    except ModuleNotFoundError:
        toml = importlib.import_module("tomli")
    try:
        with open(path, "rb", opener=unblocked) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UsageError(f"{path}: not a regular file")
            found: dict[str, Any] = toml.load(file)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    # The parser's own error, text that is not UTF-8, and a number of thousands of digits.
    except ValueError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    except RecursionError:
        raise UsageError(f"{path}: not valid TOML: nested too deeply") from None
    return found


def _check_table(
    table: Mapping[str, Any], where: str, is_allowed: Callable[[Setting], bool]
) -> None:
    for key, value in table.items():
        setting = SETTINGS.get(key)
        if setting is None or not is_allowed(setting):
            allowed = [key for key, setting in SETTINGS.items() if is_allowed(setting)]
            raise UsageError(f"{where}: no setting {ascii(key)}{_hint(key, allowed)}")
        if setting.word and value == setting.word:
            continue
        kinds: dict[str, type] = {"switch": bool, "number": int}
        if type(value) is not kinds.get(setting.kind, str):
            expected = {"switch": "true or false", "number": _number_or_word(setting)}
            raise UsageError(f"{where}: {key} must be {expected.get(setting.kind, 'a string')}")
        if setting.kind == "number":
            _check_number(setting, value, f"{where}: {key}")
        if setting.kind == "choice":
            _check_choice(setting, value, f"{where}: {key}")


def _hint(key: str, allowed: list[str]) -> str:
    """Return what to write in place of an unknown key."""
    from regpipe.manual import other_tools  # noqa: PLC0415 -- needed after a mistake only

    close = other_tools.closest(key, allowed)
    return f" (did you mean {close}?)" if close else f": there are {', '.join(allowed)}"


def _from_text(setting: Setting, text: str) -> object:
    if setting.kind == "switch":
        return text.strip().lower() not in _OFF
    if setting.word and text == setting.word:
        return text
    if setting.kind == "number":
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1
        return _check_number(setting, number, f"${setting.variable}")
    return _check_choice(setting, text, f"${setting.variable}") if setting.choices else text


def _check_choice(setting: Setting, word: object, what: str) -> object:
    if word not in setting.choices:
        raise UsageError(f"{what} must be one of {', '.join(setting.choices)}")
    return word


def _number_or_word(setting: Setting) -> str:
    return f'"{setting.word}" or a whole number' if setting.word else "a whole number"


def _check_number(setting: Setting, number: Any, what: str) -> int:  # noqa: ANN401
    if not setting.least <= number <= setting.most:
        allowed = _number_or_word(setting)
        raise UsageError(f"{what} must be {allowed} between {setting.least} and {setting.most}")
    return int(number)
