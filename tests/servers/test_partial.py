"""Registries that show anonymous users less, without refusing them; and the requests that costs."""

import json
from pathlib import Path

import pytest

from support import images
from support.cli import PASSWORD, USER, run
from support.credentials import Helpers, docker, encoded, entry
from support.responses import Handler, Request, Response, error, json_response, unauthorized
from support.scripted import Scripted
from support.tokens import TokenService

BASIC = f"Basic {encoded()}"
PUBLIC, ALL = ["base/os"], ["base/os", "shop/cart", "shop/web"]


def zot(server: Scripted) -> None:
    """Its `/v2/` is 200 for everybody, with a challenge; its catalog has what one may see."""

    def base(request: Request) -> Response:
        is_known = request.headers.get("authorization") == BASIC
        return Response(200, b"{}").plus(**({} if is_known else {"WWW_Authenticate": "Basic"}))

    server.on("/v2/", base)
    server.on("/v2/_catalog*", _catalog(BASIC, PUBLIC))


def quay(server: Scripted) -> None:
    """Its `/v2/` is 401; its catalog is empty for anonymous users."""
    server.on("/token", lambda r: json_response({"token": r.headers.get("authorization", "")[6:]}))
    server.on("/v2/", unauthorized(f'Bearer realm="{server.url}/token",service="quay"'))
    server.on("/v2/_catalog*", _catalog(f"Bearer {encoded()}", []))


def _catalog(wanted: str, others: list[str]) -> Handler:
    def response(request: Request) -> Response:
        is_known = request.headers.get("authorization") == wanted
        return json_response({"repositories": ALL if is_known else others})

    return response


def requests(server: Scripted) -> list[str]:
    """Path and scheme of the Authorization header of each request."""
    return [
        f"{one.path} {one.headers.get('authorization', '').partition(' ')[0]}".strip()
        for one in server.requests_to()
    ]


@pytest.mark.parametrize("way", ["file", "helper", "stdin", "variables"])
@pytest.mark.parametrize(
    "habit",
    [
        (zot, ["/v2/", "/v2/_catalog Basic"]),
        (quay, ["/v2/", "/token Basic", "/v2/_catalog Bearer"]),
    ],
    ids=["zot", "Quay"],
)
def test_the_catalog_shows_all_that_the_user_may_see(
    scripted: Scripted,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    habit: tuple[object, list[str]],
    way: str,
) -> None:
    prepare, expected = habit
    prepare(scripted)  # type: ignore[operator]
    words, stdin = ["catalog", scripted.url], ""
    if way == "file":
        docker(home, auths={scripted.host: entry()})
    elif way == "helper":
        Helpers(home / "helpers", monkeypatch).add("vault", {scripted.host: (USER, PASSWORD)})
        docker(home, credsStore="vault")
    elif way == "stdin":
        words, stdin = [*words, "--user", USER, "--password-stdin"], PASSWORD
    else:
        monkeypatch.setenv("REGPIPE_USERNAME", USER)
        monkeypatch.setenv("REGPIPE_PASSWORD", PASSWORD)
    result = run(words, stdin)
    assert (result.code, result.err) == (0, "")
    assert [record["repository"] for record in result.records] == ALL
    assert requests(scripted) == expected


def test_a_repository_hidden_behind_404_is_found(scripted: Scripted, home: Path) -> None:
    scripted.add("shop/cart", "r7", images.oci())
    scripted.on("/v2/", unauthorized('Basic realm="hidden"'))
    scripted.guard(
        lambda one: (
            None if one.headers.get("authorization") == BASIC else error(404, "NAME_UNKNOWN", "no")
        )
    )
    docker(home, auths={scripted.host: entry()})
    result = run(["tags", f"{scripted.url}/shop/cart"])
    assert (result.code, [record["tag"] for record in result.records]) == (0, ["r7"])
    assert requests(scripted) == ["/v2/", "/v2/shop/cart/tags/list Basic"]


def test_an_open_registry_gets_no_secret_and_one_ping(scripted: Scripted, home: Path) -> None:
    scripted.add("shop/cart", "r7", images.oci())
    docker(home, auths={scripted.host: entry()})
    assert run(["tags", f"{scripted.url}/shop/cart"]).err == ""
    assert requests(scripted) == ["/v2/", "/v2/shop/cart/tags/list"]


def test_without_a_credential_there_is_no_ping(scripted: Scripted) -> None:
    scripted.add("shop/cart", "r7", images.oci())
    run(["tags", f"{scripted.url}/shop/cart"])
    assert requests(scripted) == ["/v2/shop/cart/tags/list"]


def test_many_threads_send_one_ping(scripted: Scripted, home: Path) -> None:
    names = [f"r{number}" for number in range(100)]
    for name in names:
        scripted.add("shop/cart", name, images.oci())
    docker(home, auths={scripted.host: entry()})
    refs = "".join(f"{scripted.url}/shop/cart:{name}\n" for name in names)
    assert run(["manifests", "--no-cache", "-j", 32], refs).code == 0
    assert requests(scripted).count("/v2/") == 1


@pytest.mark.parametrize(
    "response",
    [
        error(404, "NOT_FOUND", "no"),
        error(403, "DENIED", "no"),
        error(500, "UNKNOWN", "no"),
        Response(302, b"", (("Location", "ftp://elsewhere/"),)),
        Response(200, b"<html>" * 100_000),
        unauthorized("Negotiate"),
    ],
    ids=["404", "403", "500", "a bad redirect", "a large page", "an unknown scheme"],
)
def test_a_ping_that_shows_nothing_changes_nothing(
    scripted: Scripted, home: Path, response: Response
) -> None:
    scripted.add("shop/cart", "r7", images.oci())
    scripted.on("/v2/", response)
    docker(home, auths={scripted.host: entry()})
    result = run(["tags", f"{scripted.url}/shop/cart"])
    assert (result.code, result.err) == (0, "")
    assert requests(scripted) == ["/v2/", "/v2/shop/cart/tags/list"]


@pytest.mark.parametrize("verb", ["catalog", "tags"])
@pytest.mark.parametrize("scheme", ["Basic", "Bearer"])
def test_a_challenge_that_only_the_list_has_is_met(
    scripted: Scripted, home: Path, verb: str, scheme: str
) -> None:
    """`/v2/` is open and silent; the list is partial, and its 200 has a challenge."""
    service = TokenService(anonymous=False)
    scripted.on("/token", service)
    for name in ("r7", "r8"):
        scripted.add("shop/cart", name, images.oci())
    challenge = (
        f'Bearer realm="{scripted.url}/token",service="s"' if scheme == "Bearer" else "Basic"
    )

    def guarded(request: Request) -> Response:
        if request.headers.get("authorization", "").startswith(scheme):
            return request.ordinary()
        member = {"tags": ["r7"]} if verb == "tags" else {"repositories": []}
        return json_response(member).plus(WWW_Authenticate=challenge)

    scripted.on("/v2/_catalog*", guarded)
    scripted.on("/v2/*/tags/list*", guarded)
    where = f"{scripted.url}/shop/cart" if verb == "tags" else scripted.url
    assert len(run([verb, where]).records) == (verb == "tags")
    docker(home, auths={scripted.host: entry()})
    before = len(requests(scripted))
    assert len(run([verb, where]).records) == 1 + (verb == "tags")
    path = "/v2/_catalog" if verb == "catalog" else "/v2/shop/cart/tags/list"
    token = ["/token Basic"] if scheme == "Bearer" else []
    assert requests(scripted)[before:] == ["/v2/", path, *token, f"{path} {scheme}"]


def test_the_registrys_own_words_are_kept_beside_a_wrong_password(
    scripted: Scripted, home: Path
) -> None:
    path = docker(home, auths={scripted.host: entry()})
    body = error(401, "ACCOUNT_LOCKED", "locked until 12:00")
    scripted.on("/v2/*", body.plus(WWW_Authenticate='Basic realm="x"'))
    refs = "".join(f"{scripted.url}/shop/cart:r{number}\n" for number in range(100))
    result = run(["manifests", "-j", "16"], refs)
    assert result.code == 3
    assert [line.partition(": ACCOUNT_LOCKED: ")[2] for line in result.errors] == [
        f"{scripted.host} rejected the password of {USER} (from {path}): locked until 12:00"
    ] * 100
    assert len([line for line in requests(scripted) if line.endswith("Basic")]) == 1


def test_a_broken_helper_is_a_warning_at_an_open_registry(scripted: Scripted, home: Path) -> None:
    scripted.add("shop/cart", "r7", images.oci())
    docker(home, credsStore="missing")
    result = run(["tags", f"{scripted.url}/shop/cart"])
    assert (result.code, len(result.records)) == (0, 1)
    [line] = result.errors
    assert "requests are anonymous and may not show all" in line
    assert "docker-credential-missing" in line


def test_one_missing_tag_answered_by_401_does_not_make_the_password_wrong(
    scripted: Scripted, home: Path
) -> None:
    scripted.add("shop/cart", "r7", images.oci())
    scripted.on("/v2/", unauthorized("Basic"))
    scripted.on("/v2/shop/cart/manifests/gone", unauthorized("Basic"))
    docker(home, auths={scripted.host: entry()})
    refs = "".join(f"{scripted.url}/shop/cart:{tag}\n" for tag in ("r7", "gone", "r7"))
    result = run(["manifests", "--no-cache", "-j", 1], refs)
    assert [record["tag"] for record in result.records] == ["r7", "r7"]
    assert len(result.errors) == 1


def test_harbors_catalog_requires_a_password_after_a_ping_that_requires_a_token(
    scripted: Scripted, home: Path
) -> None:
    service = TokenService(anonymous=False)
    scripted.on("/token", service)
    scripted.on("/v2/", unauthorized(f'Bearer realm="{scripted.url}/token",service="harbor"'))

    def catalog(request: Request) -> Response:
        is_known = request.headers.get("authorization") == BASIC
        return json_response({"repositories": ALL}) if is_known else unauthorized("Basic")

    scripted.on("/v2/_catalog*", catalog)
    docker(home, auths={scripted.host: entry()})
    assert len(run(["catalog", scripted.url]).records) == len(ALL)


@pytest.mark.parametrize("habit", [zot, quay], ids=["zot", "Quay"])
def test_check_tells_that_a_registry_asks_for_credentials(
    scripted: Scripted, home: Path, habit: object
) -> None:
    habit(scripted)  # type: ignore[operator]
    docker(home, auths={scripted.host: entry()})
    auth = json.loads(run(["check", scripted.url]).out)["auth"]
    assert auth["kind"] == ("basic" if habit is zot else "bearer")
    assert auth.get("anonymous", False) is (habit is zot)
    assert auth["identity"] == USER
    assert requests(scripted).count("/v2/") == 1
