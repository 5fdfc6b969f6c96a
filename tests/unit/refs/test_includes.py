"""Files of a project that another one includes."""

from pathlib import Path

import pytest

from regpipe.errors import InputError, NotFoundError
from regpipe.refs import includes


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a few files."""
    for name in ("project/a.yml", "project/ci/b.yml", "project/ci/x/c.yml", "project/[d].yml", "e"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "project"


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("a.yml", ["a.yml"]),
        ("/ci/b.yml", ["ci/b.yml"]),
        ("./ci//b.yml", ["ci/b.yml"]),
        ("ci/*.yml", ["ci/b.yml"]),
        ("**/*.yml", ["[d].yml", "a.yml", "ci/b.yml", "ci/x/c.yml"]),
        ("ci/**/c.yml", ["ci/x/c.yml"]),
        ("[d]*", ["[d].yml"]),
    ],
)
def test_patterns(project: Path, pattern: str, names: list[str]) -> None:
    assert includes.resolve(str(project), pattern) == [f"{project}/{name}" for name in names]


@pytest.mark.parametrize("pattern", ["nosuch.yml", "ci", "ci/*.json", ""])
def test_what_is_not_there(project: Path, pattern: str) -> None:
    with pytest.raises(NotFoundError):
        includes.resolve(str(project), pattern)


def test_nothing_out_of_the_project_is_included(project: Path) -> None:
    with pytest.raises(InputError, match="not in the project"):
        includes.resolve(str(project), "../e")
    (project / "link.yml").symlink_to("../e")
    with pytest.raises(InputError, match="a symbolic link leads out of it"):
        includes.resolve(str(project), "link.yml")
    assert f"{project}/link.yml" not in includes.resolve(str(project), "*.yml")


def test_a_variable_is_not_guessed(project: Path) -> None:
    with pytest.raises(InputError, match="a variable in its name"):
        includes.resolve(str(project), "ci/$X.yml")
