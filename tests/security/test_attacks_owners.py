"""Passwords without a registry, and outages whose end is not noticed.

The numbers are rows of the table in test_attacks.py.
"""

import json

import pytest

from support import images
from support.cli import PASSWORD, USER, run
from support.clients import FAST_RETRIES, credentials_seen, registry
from support.responses import error, redirect, unauthorized
from support.scripted import Scripted
from support.tokens import basic

# 42: a password without a registry


@pytest.mark.parametrize("form", ["line", "record", "list"])
def test_42_data_does_not_decide_who_gets_the_password(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("REGPIPE_USERNAME", USER)
    monkeypatch.setenv("REGPIPE_PASSWORD", PASSWORD)
    scripted.guard(basic())
    given = {
        "line": f"{scripted.url}/team/app",
        "record": json.dumps({"registry": scripted.url, "repository": "team/app"}),
        "list": json.dumps([f"{scripted.host}/team/app"]),
    }
    result = run(["tags"], given[form])
    assert result.code == 3
    assert "set $REGPIPE_REGISTRY" in result.err
    assert credentials_seen(scripted) == []


@pytest.mark.parametrize("way", ["argument", "option", "variable"])
def test_42_a_registry_that_the_user_names_gets_it(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setenv("REGPIPE_USERNAME", USER)
    monkeypatch.setenv("REGPIPE_PASSWORD", PASSWORD)
    scripted.add("team/app", "v1", images.oci())
    scripted.guard(basic())
    words, stdin = ["tags"], f"{scripted.url}/team/app"
    if way == "argument":
        words, stdin = ["tags", stdin], ""
    elif way == "option":
        words += ["--registry", scripted.url]
    else:
        monkeypatch.setenv("REGPIPE_REGISTRY", scripted.url)
    assert len(run(words, stdin).records) == 1


# 46: an outage whose end is not noticed


@pytest.mark.parametrize("failure", [redirect("ftp://x/"), unauthorized("Negotiate")])
def test_46_after_an_outage_a_request_that_fails_otherwise_does_not_fail_the_others(
    scripted: Scripted, failure: object
) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    scripted.on("/v2/team/app/manifests/down", error(503))
    scripted.on("/v2/team/app/manifests/odd", failure)  # type: ignore[arg-type]
    client = registry(scripted, retry_policy=FAST_RETRIES._replace(retries=0))
    outcomes = []
    for tag in ["down", "down", "down", "odd", "v1", "v1"]:
        try:
            outcomes.append(client.manifest("team/app", tag).digest)
        except Exception as raised:  # noqa: BLE001 -- whatever it is
            outcomes.append(type(raised).__name__)
    assert outcomes[-2:] == [image.digest] * 2
