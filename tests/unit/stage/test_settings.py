"""Settings of the environment and of config.toml."""

import os
from pathlib import Path

import pytest

from regpipe.errors import UsageError
from regpipe.stage import settings
from regpipe.stage.settings import SETTINGS, Found, Settings

FILE = """\
jobs = 4
cacert = "general.pem"

[registry."my.registry:5000"]
insecure = true
jobs = 2
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "config.toml"
    path.write_text(FILE)
    return str(path)


def test_the_nearest_value_counts(file: str) -> None:
    found = Settings({"REGPIPE_TIMEOUT": "7"}, file)
    table = f'{file}: [registry."my.registry:5000"]'
    assert found.find("jobs", 16) == Found(16, "--jobs")
    assert found.find("jobs") == Found(4, file)
    assert found.find("jobs", None, "my.registry:5000") == Found(2, table)
    assert found.find("jobs", None, "other.registry") == Found(4, file)
    assert found.find("timeout", None, "my.registry:5000") == Found(7, "$REGPIPE_TIMEOUT")
    assert found.find("insecure") is None
    assert found.find("insecure", None, "my.registry:5000") == Found(value=True, origin=table)
    assert Settings({"REGPIPE_JOBS": "3"}, file).value("jobs", None, "my.registry:5000") == 3
    assert found.registries() == ["my.registry:5000"]


def test_a_variable_can_turn_off_what_the_file_turns_on(file: str) -> None:
    found = Settings({"REGPIPE_INSECURE": "0"}, file)
    assert found.value("insecure", given=False, registry="my.registry:5000") is False


def test_without_a_file_there_are_the_variables(tmp_path: Path) -> None:
    found = Settings({"REGPIPE_CACERT": "a.pem", "REGPIPE_JOBS": ""}, str(tmp_path / "none"))
    assert found.value("cacert") == "a.pem"
    assert found.find("jobs") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jobs = ", "not valid TOML"),
        ("jbos = 3", "no setting 'jbos' (did you mean jobs?)"),
        ('password = "secret"', "no setting 'password': there are default-registry, "),
        ('jobs = "3"', 'jobs must be "auto" or a whole number'),
        ("jobs = 0", 'jobs must be "auto" or a whole number between 1 and 1000'),
        ("timeout = 1.5", "timeout must be a whole number"),
        ("insecure = 1", "insecure must be true or false"),
        ("cacert = true", "cacert must be a string"),
        ('registry = "my.registry"', "is default-registry"),
        ('[registry."https://x"]', '[registry."https://x"]: write the registry as host[:port]'),
        ("registry.x = 3", '[registry."x"] must be a table'),
        ('[registry.x]\nplatform = "linux/arm64"', "no setting 'platform'"),
        ("\udcff", "not valid TOML"),
        pytest.param(f"jobs = 1{'0' * 5000}", "not valid TOML", id="a number of many digits"),
        pytest.param(f"jobs = {'[' * 100_000}", "not valid TOML", id="deep nesting"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError) as raised:
        Settings({}, str(path))
    assert message in raised.value.message
    assert str(path) in raised.value.message
    assert "\n" not in raised.value.message
    assert "secret" not in raised.value.message


def test_a_named_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    os.mkfifo(path)
    with pytest.raises(UsageError, match="not a regular file"):
        Settings({}, str(path))


@pytest.mark.parametrize("text", ["0", "1001", "x", "-1", "1e3"])
def test_a_wrong_number_in_a_variable_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"\$REGPIPE_JOBS must be .* between 1 and 1000"):
        Settings({"REGPIPE_JOBS": text}, None).find("jobs")


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        ({"XDG_CONFIG_HOME": "/x", "HOME": "/h"}, "/x/regpipe/config.toml"),
        ({"HOME": "/h"}, "/h/.config/regpipe/config.toml"),
        ({"XDG_CONFIG_HOME": "relative", "HOME": "/h"}, "/h/.config/regpipe/config.toml"),
        ({"HOME": "relative"}, None),
        ({}, None),
    ],
)
def test_where_the_file_is(environment: dict[str, str], path: str | None) -> None:
    assert settings.default_path(environment) == path


def test_the_documentation_names_every_setting() -> None:
    page = (Path(__file__).parents[3] / "docs" / "environment.md").read_text()
    for setting in SETTINGS.values():
        assert f"`{setting.key}`" in page
        assert f"`{setting.variable}`" in page


def test_the_number_of_jobs_may_be_left_to_the_distance(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('jobs = "auto"\n', encoding="utf-8")
    assert Settings({}, str(path)).value("jobs") == "auto"
    assert Settings({"REGPIPE_JOBS": "auto"}, None).value("jobs") == "auto"
    with pytest.raises(UsageError, match=r"REGPIPE_JOBS must be .auto. or a whole number"):
        Settings({"REGPIPE_JOBS": "automatic"}, None).find("jobs")


def test_a_file_that_cannot_be_looked_for_is_not_taken_for_none(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    assert Settings({}, str(path)).find("jobs") is None
    path.symlink_to(path)
    with pytest.raises(UsageError, match="Too many levels of symbolic links"):
        Settings({}, str(path))
