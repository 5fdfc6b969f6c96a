"""Attempts to have secrets shown. The numbers are rows of the table in test_attacks.py.

`run` searches all output for the secrets.
"""

import json
from pathlib import Path

import pytest

from support import images
from support.cli import PASSWORD, TOKEN, USER, Result, run, run_process
from support.clients import credentials_seen
from support.credentials import docker, encoded, entry, write
from support.responses import Request, Response, error, json_response, unauthorized
from support.scripted import Scripted
from support.tokens import SERVICE, TokenService, basic

IDENTITY = f"{TOKEN}-refresh"
BASIC = f"Basic {encoded()}"


def tags(server: Scripted, *options: str) -> Result:
    server.add("team/app", "v1", images.oci())
    return run(["tags", *options, f"{server.url}/team/app"])


def assert_one_line(result: Result, *codes: int) -> None:
    assert result.code in codes
    assert result.out == b""
    assert len(result.errors) == 1


# 25: programs that read the environment


@pytest.mark.parametrize("program", ["env", "$ENV", "env.REGPIPE_PASSWORD, $ENV.REGPIPE_PASSWORD"])
def test_25_a_program_cannot_read_the_password(program: str) -> None:
    auths = json.dumps({"auths": {"r.test": entry()}})
    given = {"REGPIPE_PASSWORD": PASSWORD, "DOCKER_AUTH_CONFIG": auths, "OTHER": "seen"}
    result = run_process(["summarize", "-n", f"[{program}] | tostring"], env=given)
    assert result.code == 0
    assert program.startswith("env.") or b"seen" in result.out


def test_25_records_do_not_contain_credentials(scripted: Scripted, home: Path) -> None:
    docker(home, auths={scripted.host: entry()})
    scripted.guard(basic())
    scripted.add("team/app", "v1", images.oci())
    result = run(["manifests", f"{scripted.url}/team/app:v1"])
    assert result.code == 0
    assert credentials_seen(scripted) != []
    assert USER.encode() not in result.out


# 26: secrets in messages and traces


def echoed(request: Request) -> Response:
    """A response that repeats the request's secrets in its headers and its body."""
    secret = request.headers.get("authorization", "none") + request.body.decode()
    told = {"X_Echo": secret, "Location": f"http://x/?{secret}", "Server": secret}
    if secret == BASIC:
        told["X_Decoded"] = PASSWORD
    response = error(403, "DENIED", f"received {secret} and {PASSWORD if secret == BASIC else ''}")
    return response.plus(**told, Warning=f'299 - "received {secret}"')


WAYS = {
    "password": (entry(), "Basic"),
    "token for a password": (entry(), "Bearer"),
    "token for an identity token": ({"identitytoken": IDENTITY}, "Bearer"),
    "registry token": ({"registrytoken": TOKEN}, "Bearer"),
}


@pytest.mark.parametrize(("stored", "scheme"), WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("verb", ["catalog", "tags", "manifests", "check"])
def test_26_a_secret_in_a_response_is_not_shown(
    scripted: Scripted, home: Path, verb: str, stored: dict[str, str], scheme: str
) -> None:
    docker(home, auths={scripted.host: stored})
    service = TokenService()
    challenge = f'Bearer realm="{scripted.url}/token",service="{SERVICE}"'
    challenge = challenge if scheme == "Bearer" else "Basic"
    scripted.guard(
        lambda request: (
            echoed(request) if "authorization" in request.headers else unauthorized(challenge)
        )
    )
    scripted.on("/v2/", lambda request: request.ordinary(), method="HEAD")
    scripted.on("/token", lambda request: service(request).plus(X_Echo=request.body.decode()))
    place = {"catalog": "", "check": "", "tags": "/team/app"}.get(verb, "/team/app:v1")
    result = run([verb, "-v", f"{scripted.url}{place}"])
    assert credentials_seen(scripted) != []
    for token in service.issued:
        assert token.encode() not in result.out
        assert token not in result.err
    assert "[redacted]" in result.err


def test_26_a_secret_in_a_warning_is_not_shown(scripted: Scripted, home: Path) -> None:
    docker(home, auths={scripted.host: entry()})
    scripted.guard(basic())

    def warned(request: Request) -> Response:
        sent = request.headers["authorization"]
        warning = f'299 - "received {sent}, which is {PASSWORD}"'
        return json_response({"tags": ["v1"]}).plus(Warning=warning)

    scripted.on("/v2/team/app/tags/list*", warned)
    result = tags(scripted)
    assert "warning: received Basic [redacted], which is [redacted]" in result.err


@pytest.mark.parametrize("options", [(), ("--error-records",)], ids=["", "--error-records"])
@pytest.mark.parametrize("verb", ["catalog", "tags", "manifests", "check"])
def test_26_a_password_in_a_url_is_refused_and_not_shown(
    verb: str, options: tuple[str, ...]
) -> None:
    for host in ("my.registry", "my.registry/team/app:v1"):
        url = f"https://{USER}:{PASSWORD}@{host}"
        result = run([verb, *options, url])
        assert result.code == 2
        assert "use --user and --password-stdin" in result.out.decode() + result.err
        assert run([verb, *options], url).code == 2
        assert run([verb, *options, "--registry", url, "team/app"]).code == 2


HOSTS = ("my.registry", "localhost:5000", "my.registry/team/app:v1", "localhost:5000/team/app")
SHAPES = {
    "text": "{}",
    "JSON text": '"{}"',
    "a list": '["{}"]',
    "ref": '{{"ref":"{}"}}',
    "registry": '{{"registry":"{}","repository":"team/app"}}',
    "tags/list": '{{"name":"{}","tags":["v1"]}}',
    "a note": '{{"ref":"Bad Ref","note":"see {} for more"}}',
    "malformed JSON": '{{"ref":"{}"',
}


@pytest.mark.parametrize("options", [(), ("--error-records",)], ids=["", "--error-records"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("verb", ["catalog", "tags", "manifests", "referrers", "blob"])
def test_52_a_password_without_a_scheme_is_refused_and_not_shown(
    verb: str, shape: str, options: tuple[str, ...]
) -> None:
    words = [f"{USER}:{PASSWORD}@{host}" for host in HOSTS]
    words += [f"{USER}:pass/{PASSWORD}@x@{host}" for host in HOSTS]
    result = run([verb, *options], "\n".join(shape.format(word) for word in words))
    assert result.code == 2
    if shape == "{}":
        assert all(run([verb, *options, word]).code == 2 for word in words)


def test_52_a_long_token_without_a_scheme_is_not_shown() -> None:
    result = run(["tags"], f"oauth2accesstoken:{PASSWORD * 1000}@my.registry/team/app")
    assert result.code == 2


def test_26_a_malformed_file_is_not_quoted(scripted: Scripted, home: Path) -> None:
    scripted.guard(basic())
    write(home / ".docker/config.json", f'{{"auths":{{"x":{{"auth":"{encoded()}"{PASSWORD}')
    assert_one_line(tags(scripted, "--no-cache"), 3)


# 28: a password as an argument


@pytest.mark.parametrize(
    "words",
    [
        ["--password", PASSWORD],
        [f"--password={PASSWORD}"],
        ["--user", f"{USER}:{PASSWORD}"],
        ["--user", f"{USER}:{PASSWORD}", "--password-stdin"],
        ["--creds", f"{USER}:{PASSWORD}"],
        ["--user", USER],
        ["--password-stdin"],
    ],
    ids=lambda words: " ".join(words).replace(PASSWORD, "…"),
)
def test_28_a_password_as_an_argument_is_refused(scripted: Scripted, words: list[str]) -> None:
    result = run(["tags", f"{scripted.url}/team/app", *words], PASSWORD)
    assert_one_line(result, 2)
    assert scripted.requests == []


@pytest.mark.parametrize("given", ["", "\n", "\r\n"], ids=repr)
def test_28_an_empty_password_is_refused(scripted: Scripted, given: str) -> None:
    words = ["tags", f"{scripted.url}/team/app", "--user", USER, "--password-stdin"]
    assert_one_line(run(words, given), 2)


def test_28_references_and_a_password_cannot_share_standard_input() -> None:
    for words in ([], ["-"]):
        result = run(["tags", "--user", USER, "--password-stdin", *words], PASSWORD)
        assert_one_line(result, 2)
        assert "needs inputs as arguments" in result.err
