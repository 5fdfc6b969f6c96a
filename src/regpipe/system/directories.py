"""The directories of the user, never the working directory, and those of the package."""

import os

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def home(environ: "Mapping[str, str]") -> str | None:
    """Return the home directory: an absolute $HOME, else that of the password database.

    None if there is neither, as in containers that run as a user without a name.
    """
    directory = environ.get("HOME", "")
    if not os.path.isabs(directory):  # noqa: PTH117 -- pathlib costs 3 ms
        try:
            import pwd  # noqa: PLC0415 -- Windows has none, and most runs have $HOME

            directory = pwd.getpwuid(os.getuid()).pw_dir
        except (ImportError, KeyError, OSError):
            return None
    return directory if os.path.isabs(directory) else None  # noqa: PTH117


def config(environ: "Mapping[str, str]") -> str | None:
    """Return the directory of configuration files, by the XDG specification; None without one."""
    directory = environ.get("XDG_CONFIG_HOME", "")
    if os.path.isabs(directory):  # noqa: PTH117 -- the specification says to ignore others
        return directory
    parent = home(environ)
    return parent and f"{parent}/.config"


def packaged(name: str) -> str:
    """Return a directory that stands at the top of the repository and ships in the package.

    That is in the package once it is installed, beside src/ in a checkout and an editable install.
    """
    package = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120
    installed = f"{package}/{name}"
    return installed if os.path.isdir(installed) else os.path.normpath(f"{package}/../../{name}")  # noqa: PTH112


def modules(package: "Iterable[str]") -> list[str]:
    """Return the names of the modules in a package, sorted.

    `pkgutil.iter_modules` takes a directory that cannot be read for an empty one.

    Args:
        package: its directories, `__path__`.

    Raises:
        OSError: a directory cannot be read.
    """
    files = [file for directory in package for file in os.listdir(directory)]  # noqa: PTH208
    return sorted(
        file.removesuffix(".py")
        for file in files
        if file.endswith(".py") and not file.startswith("_")
    )


def expanded(path: str) -> str | None:
    """Return a path with a leading `~/` replaced by the home directory; None without one."""
    if not path.startswith("~/"):
        return path
    parent = home(os.environ)
    return parent and f"{parent}/{path[2:]}"
