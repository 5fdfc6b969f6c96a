"""Settings of the environment and of config.toml, as a user meets them."""

import os
from pathlib import Path

import pytest

from support.cli import PASSWORD, USER, run
from support.credentials import encoded
from support.images import oci
from support.responses import Request, Response
from support.scripted import Scripted
from support.tls import Authority


def configure(text: str) -> Path:
    """Write config.toml into the test's home; return its path."""
    path = Path(os.environ["HOME"], ".config/regpipe/config.toml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("setting", ["insecure = true", "cacert = '{ca}'"])
def test_a_registry_has_its_own_settings(setting: str, authority: Authority) -> None:
    setting = setting.format(ca=authority.ca)
    with Scripted(tls=authority.server_side()) as server:
        server.add("team/app", "v1", oci("app"))
        arguments = ["tags", "--retries", "0", f"{server.url}/team/app"]
        assert run(arguments).code == 5
        configure(f'[registry."{server.host}"]\n{setting}\n')
        result = run(arguments)
        assert (result.code, result.err) == (0, "")
        configure(f'[registry."other.registry"]\n{setting}\n')
        assert run(arguments).code == 5


def test_plain_http_of_one_registry_alone() -> None:
    configure('[registry."registry.invalid:5000"]\nplain-http = true\n')
    result = run(
        ["tags", "--retries", "0", "--error-records", "registry.invalid:5000/a", "x.invalid/a"]
    )
    assert [record["registry"] for record in result.records] == [
        "http://registry.invalid:5000",
        "https://x.invalid",
    ]


def test_the_default_registry_and_a_variable_before_it(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.add("team/app", "v1", oci("app"))
    configure(f'default-registry = "{scripted.url}"\n')
    (record,) = run(["tags", "team/app"]).records
    assert record["registry"] == scripted.url
    monkeypatch.setenv("REGPIPE_REGISTRY", "http://127.0.0.1:1")
    assert run(["tags", "--retries", "0", "team/app"]).code == 5


def test_check_says_where_each_setting_is_from(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = configure(f'retries = 1\n[registry."{scripted.host}"]\njobs = 2\n')
    monkeypatch.setenv("REGPIPE_TIMEOUT", "9")
    (record,) = run(["check", "-k", scripted.url]).records
    assert record["settings"] == {
        "jobs": {"value": 2, "from": f'{path}: [registry."{scripted.host}"]'},
        "timeout": {"value": 9, "from": "$REGPIPE_TIMEOUT"},
        "retries": {"value": 1, "from": str(path)},
        "insecure": {"value": True, "from": "--insecure"},
    }


def test_a_wrong_file_is_one_line_and_a_usage_error() -> None:
    path = configure("jbos = 2\n")
    result = run(["tags", "x"])
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert result.err.startswith(f"regpipe tags: {path}: no setting 'jbos'")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('cacert = "/nosuch.pem"', "cacert /nosuch.pem: No such file or directory"),
        ('default-registry = "a b"', "'a b' is not a valid registry: "),
    ],
)
def test_a_wrong_value_is_told_with_its_place(text: str, message: str) -> None:
    path = configure(f"{text}\n")
    result = run(["tags", "x"])
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert result.err.startswith(f"regpipe tags: {path}: {message}")


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_password_from_a_file(
    end: str, scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.add("team/app", "v1", oci("app"))
    scripted.guard(guarded)
    file = tmp_path / "password"
    file.write_bytes(f"{PASSWORD}{end}".encode())
    monkeypatch.setenv("REGPIPE_REGISTRY", scripted.url)
    monkeypatch.setenv("REGPIPE_USERNAME", USER)
    monkeypatch.setenv("REGPIPE_PASSWORD_FILE", str(file))
    result = run(["tags", "team/app"])
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("kind", ["missing", "empty", "directory"])
def test_a_password_file_that_is_none_is_said(
    kind: str, scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.guard(guarded)
    (tmp_path / "empty").touch()
    (tmp_path / "directory").mkdir()
    monkeypatch.setenv("REGPIPE_REGISTRY", scripted.url)
    monkeypatch.setenv("REGPIPE_USERNAME", USER)
    monkeypatch.setenv("REGPIPE_PASSWORD_FILE", str(tmp_path / kind))
    result = run(["tags", "team/app"])
    assert result.code == 3
    assert "$REGPIPE_PASSWORD_FILE: " in result.err
    assert str(tmp_path / kind) in result.err


def guarded(request: Request) -> Response | None:
    """Demand the tests' user and password."""
    if request.headers.get("authorization") == f"Basic {encoded()}":
        return None
    return Response(401).plus(WWW_Authenticate='Basic realm="test"')


def test_the_cache_is_where_the_file_says(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.add("team/app", "v1", oci("app"))
    configure(f'cache = "{tmp_path / "here"}"\n')
    assert run(["manifests", f"{scripted.url}/team/app:v1"]).code == 0
    (shown,) = run(["cache"]).records
    assert Path(shown["path"]).parent == tmp_path / "here"
    assert Path(shown["path"]).is_file()
    monkeypatch.setenv("REGPIPE_CACHE", str(tmp_path / "there"))
    (shown,) = run(["cache"]).records
    assert Path(shown["path"]).parent == tmp_path / "there"
