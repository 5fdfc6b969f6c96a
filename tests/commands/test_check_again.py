"""`regpipe check` with transient and permanent failures of a registry, and how it says them."""

import io
from typing import Any

import pytest

from regpipe import cli
from regpipe.stdio import Streams
from regpipe.transport import retry
from support.cli import run
from support.responses import PASS, RESET, Response, error, html, short_body, too_many
from support.scripted import Scripted
from support.tls import Authority

ONCE = ("check", "--retries", "0")


@pytest.mark.parametrize(
    "fault", [too_many("0"), error(503), RESET, short_body], ids=["429", "503", "reset", "short"]
)
def test_a_transient_failure_is_retried(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    monkeypatch.setattr(retry, "backoff", lambda *_: 0.001)
    scripted.on("/v2/", fault, PASS)
    result = run(["check", scripted.url])
    assert (result.code, result.records[0]["catalog"]) == (0, "allowed")
    scripted.on("/v2/", fault, PASS)
    assert run([*ONCE, scripted.url]).code == 5


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (error(429, "TOOMANYREQUESTS", "slow down"), "TOOMANYREQUESTS"),
        (html(429), "TOOMANYREQUESTS"),
        (error(400, "UNSUPPORTED"), "UNSUPPORTED"),
        (html(500), "HTTP_500"),
    ],
    ids=["429", "429 page", "400", "500 page"],
)
def test_the_error_code_is_the_registrys(scripted: Scripted, response: Response, code: str) -> None:
    scripted.on("/v2/", response)
    result = run([*ONCE, scripted.url])
    assert result.errors[0].startswith(f"regpipe check: {scripted.host}: {code}: ")


class Output(io.BytesIO):
    """Standard output on a terminal."""

    def isatty(self) -> bool:
        return True


def test_what_is_wrong_is_said_once_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    streams = Streams(io.BytesIO(), Output(), io.StringIO())
    assert cli.main(["check", "--retries", "0", "127.0.0.1:1"], streams) == 5
    assert streams.stdout.getvalue().count(b"connection refused") == 1  # type: ignore[attr-defined]
    assert streams.stderr.getvalue() == ""  # type: ignore[attr-defined]


def test_an_untrusted_certificate_is_reported(authority: Authority) -> None:
    with Scripted(tls=authority.server_side()) as server:
        result = run(["check", *ONCE[1:], server.url])
        [record] = result.records
        assert result.code == 5
        assert (record["reachable"], record["scheme"]) == (True, "https")
        assert (record["tls"], "--cacert" in record["hint"]) == ("failed", True)
        [record] = run(["check", "-k", server.url]).records
        assert (record["reachable"], record["tls"]) == (True, "unverified")
        [record] = run(["check", "--cacert", str(authority.ca), server.url]).records
        assert (record["reachable"], record["tls"]) == (True, "verified")
