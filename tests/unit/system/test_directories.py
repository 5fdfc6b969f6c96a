"""The user's directories are never in the working directory."""

import os
from pathlib import Path

import pytest

from regpipe.system import directories


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user that the password database does not know."""
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize(
    ("environ", "home", "config"),
    [
        ({"HOME": "/h"}, "/h", "/h/.config"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "/h", "/x"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "x"}, "/h", "/h/.config"),
        ({"XDG_CONFIG_HOME": "/x"}, None, "/x"),
        ({"XDG_CONFIG_HOME": "."}, None, None),
        ({}, None, None),
        ({"HOME": ""}, None, None),
        ({"HOME": "."}, None, None),
        ({"HOME": "~"}, None, None),
    ],
)
def test_a_relative_directory_is_ignored(
    environ: dict[str, str], home: str | None, config: str | None
) -> None:
    assert directories.home(environ) == home
    assert directories.config(environ) == config


def test_without_a_variable_the_password_database_is_asked() -> None:
    import pwd  # noqa: PLC0415

    assert directories.home({}) == pwd.getpwuid(os.getuid()).pw_dir


@pytest.mark.usefixtures("nobody")
def test_a_tilde_without_a_home_names_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert directories.expanded("~/x") == f"{os.environ['HOME']}/x"
    monkeypatch.delenv("HOME")
    assert directories.expanded("~/x") is None
    assert directories.expanded("/x/~/y") == "/x/~/y"


def test_a_package_that_cannot_be_read_is_no_empty_one(tmp_path: Path) -> None:
    for name in ("b.py", "a.py", "_c.py", "__init__.py", "d.txt"):
        (tmp_path / name).touch()
    assert directories.modules([str(tmp_path)]) == ["a", "b"]
    with pytest.raises(OSError, match="No such file"):
        directories.modules([str(tmp_path / "e")])
