"""Credentials that a run does not use: what is said of them."""

from pathlib import Path

import pytest

from support import images
from support.cli import PASSWORD, USER, run
from support.credentials import docker, encoded, entry
from support.responses import Request, Response, json_response
from support.sample import SAMPLE
from support.scripted import Scripted


def test_a_given_password_that_is_not_used_is_reported_once(scripted: Scripted) -> None:
    scripted.add("shop/cart", "r7", images.oci())
    ref = f"{scripted.url}/shop/cart"
    result = run(["tags", ref, ref, "--user", USER, "--password-stdin"], PASSWORD)
    assert result.code == 0
    [line] = result.errors
    assert line == (
        f"regpipe tags: {scripted.host}: warning: no authentication required:"
        f" the password of {USER} was not used"
    )


def test_a_given_password_whose_registry_no_input_names_is_reported(scripted: Scripted) -> None:
    scripted.add("shop/cart", "r7", images.oci())
    login = ["--registry", "https://my.registry", "--user", USER, "--password-stdin"]
    for source in (f"{scripted.url}/shop/cart", f"oci:{SAMPLE}"):
        result = run(["tags", source, *login], PASSWORD)
        assert (result.code, len(result.records) > 0) == (0, True)
        [line] = result.errors
        assert line == (
            "regpipe tags: my.registry: warning: no input led to this registry:"
            f" the password of {USER} was not used"
        )


def test_a_password_of_a_registry_that_cannot_be_reached_is_only_an_error() -> None:
    words = ["tags", "http://127.0.0.1:1/shop/cart", "--user", USER, "--password-stdin"]
    result = run(words, PASSWORD)
    [line] = result.errors
    assert "connection refused" in line


def test_variables_are_not_for_every_run(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.add("shop/cart", "r7", images.oci())
    for name, value in (("REGISTRY", "my.registry"), ("USERNAME", USER), ("PASSWORD", PASSWORD)):
        monkeypatch.setenv(f"REGPIPE_{name}", value)
    result = run(["tags", f"{scripted.url}/shop/cart"])
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("way", ["file", "stdin"])
def test_check_tells_of_a_credential_that_an_open_registry_does_not_use(
    scripted: Scripted, home: Path, way: str
) -> None:
    words, origin = ["check", scripted.url], "--user"
    if way == "file":
        origin = str(docker(home, auths={scripted.host: entry()}))
    else:
        words += ["--user", USER, "--password-stdin"]
    result = run(words, PASSWORD)
    [record] = result.records
    assert record["auth"] == {"kind": "none", "ok": True, "unused": f"{USER} (from {origin})"}
    assert record["hint"] == (
        f"no authentication required: the credential of {USER} (from {origin}) is not used"
    )
    assert len(result.errors) == (way == "stdin")


def test_check_tells_of_credentials_that_cannot_be_read_and_are_not_needed(
    scripted: Scripted, home: Path
) -> None:
    path = docker(home, auths="none")
    result = run(["check", scripted.url])
    [record] = result.records
    assert (result.code, record["auth"]) == (0, {"kind": "none", "ok": True})
    assert record["hint"].startswith(f"no authentication required, and {path}: ")


def invited_catalog(request: Request) -> Response:
    is_known = request.headers.get("authorization") == f"Basic {encoded()}"
    if is_known:
        return json_response({"repositories": ["team/app"]})
    return json_response({"repositories": []}).plus(WWW_Authenticate="Basic")


def test_check_tells_of_a_credential_that_only_the_catalog_wants(
    scripted: Scripted, home: Path
) -> None:
    scripted.on("/v2/_catalog*", invited_catalog)
    path = docker(home, auths={scripted.host: entry()})
    [record] = run(["check", scripted.url]).records
    assert record["auth"] == {"kind": "none", "ok": True, "identity": USER, "foundIn": str(path)}
