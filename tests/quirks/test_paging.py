"""How registries differ in paginating lists, which must not change the result."""

from collections.abc import Callable

import pytest

from support.cli import Result, run
from support.content import absolute_link
from support.paging import BEHAVIOURS, LIST, MANY, NAMES
from support.responses import (
    Request,
    Response,
    error,
    html,
    json_response,
    not_found,
    unauthorized,
)
from support.scripted import Scripted
from support.tls import Authority


@pytest.fixture
def many(scripted: Scripted) -> Scripted:
    """A registry with a repository of many tags."""
    scripted.content.tags["team/app"] = dict.fromkeys(NAMES, "")
    return scripted


def tags(server: Scripted) -> Result:
    return run(["tags", f"{server.url}/team/app"])


def assert_all(result: Result, names: list[str] = NAMES) -> None:
    """Check that every tag came once, in the given order, without any message."""
    assert [record["tag"] for record in result.records] == names
    assert (result.code, result.err) == (0, "")


# Lists in pages


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.__name__)
def test_every_tag_comes_once(many: Scripted, behaviour: Callable[[Scripted], None]) -> None:
    behaviour(many)
    assert_all(tags(many))
    assert all("n=1000" in r.query or i for i, r in enumerate(many.requests_to()))


def test_every_repository_of_the_catalog_comes_once(scripted: Scripted) -> None:
    names = [f"team/app{number:03}" for number in range(MANY)]
    scripted.content.tags = {name: {} for name in names}
    scripted.content.page = 100
    scripted.content.too_many = error(400, "PAGINATION_NUMBER_INVALID", "no")
    result = run(["catalog", scripted.url])
    assert [record["repository"] for record in result.records] == names
    assert result.code == 0


def test_an_empty_list_of_tags_is_not_an_error(scripted: Scripted) -> None:
    scripted.on(f"{LIST}*", json_response({"name": "team/app", "tags": []}))
    assert_all(tags(scripted), [])


@pytest.mark.parametrize(
    "document",
    [{}, {"name": "team/app"}, {"child": [], "manifest": {}}, {"tags": None, "repositories": None}],
)
@pytest.mark.parametrize(("verb", "member"), [("tags", "tags"), ("catalog", "repositories")])
def test_a_response_without_the_list_is_an_empty_list_and_a_warning(
    scripted: Scripted, document: object, verb: str, member: str
) -> None:
    scripted.on("/v2/*", json_response(document))
    result = run([verb, scripted.url if verb == "catalog" else f"{scripted.url}/team/app"])
    assert (result.code, result.out) == (0, b"")
    (warning,) = result.errors
    assert warning.endswith(f"warning: the response has no list of {member}")


def test_an_error_with_status_200_is_an_error(scripted: Scripted) -> None:
    scripted.on(f"{LIST}*", error(200, "NAME_UNKNOWN"))
    result = tags(scripted)
    assert (result.code, result.records) == (5, [])
    assert "NAME_UNKNOWN: the response is an error, not a list of tags" in result.err


def test_a_single_link_without_rel_is_the_next_page(many: Scripted) -> None:
    many.content.page = 100
    many.content.link = lambda _, target: f"<{target}>"
    assert_all(tags(many))


def test_nulls_and_digests_in_a_list_of_tags_are_ignored(scripted: Scripted) -> None:
    listed = ["v1", None, "sha256:" + "a" * 64, "v2"]
    scripted.on(f"{LIST}*", json_response({"name": "team/app", "tags": listed}))
    assert_all(tags(scripted), ["v1", "v2"])


def circle(server: Scripted) -> None:
    server.content.link = lambda *_: f'<{LIST}?last=&n=100>; rel="next"'


def same_page(server: Scripted) -> None:
    def page(_: Request) -> Response:
        link = f'<{LIST}?n=100&last={len(server.requests)}>; rel="next"'
        return json_response({"tags": NAMES[:100]}).plus(Link=link)

    server.on(f"{LIST}*", page)


def empty_pages_forever(server: Scripted) -> None:
    def page(_: Request) -> Response:
        link = f'<{LIST}?n=100&last={len(server.requests)}>; rel="next"'
        return json_response({"tags": []}).plus(Link=link)

    server.on(f"{LIST}*", page)


@pytest.mark.parametrize("behaviour", [circle, same_page, empty_pages_forever])
def test_endless_pages_are_reported_as_incomplete(
    many: Scripted, behaviour: Callable[[Scripted], None]
) -> None:
    many.content.page = 100
    behaviour(many)
    result = tags(many)
    assert result.code == (1 if result.records else 5)
    assert "the list is incomplete" in result.err
    assert len(many.requests) < 30
    names = [record["tag"] for record in result.records]
    assert len(names) == len(set(names))


def test_a_404_for_a_later_page_is_an_error(many: Scripted) -> None:
    many.content.page = 100
    many.on(f"{LIST}?last=*", not_found("NAME_UNKNOWN", "repository name not known"))
    result = tags(many)
    assert len(result.records) == 100
    assert (result.code, len(result.errors)) == (1, 1)


def test_an_error_other_than_of_the_page_size_is_not_retried(scripted: Scripted) -> None:
    scripted.on(f"{LIST}*", error(400, "NAME_INVALID", "invalid repository name"))
    result = tags(scripted)
    assert "NAME_INVALID" in result.err
    assert len(scripted.requests) == 1


def test_a_web_page_instead_of_a_list_is_an_error(scripted: Scripted) -> None:
    scripted.on(f"{LIST}*", html())
    result = tags(scripted)
    assert (result.code, len(result.errors)) == (5, 1)
    assert "the list of tags is an HTML page, not JSON" in result.err


def test_http_links_from_an_https_registry_are_followed_over_https(authority: Authority) -> None:
    """Distribution behind nginx without X-Forwarded-Proto links to http."""
    with Scripted(tls=authority.server_side()) as server:
        server.content.tags["team/app"] = dict.fromkeys(NAMES, "")
        server.content.page = 100
        server.content.link = absolute_link
        assert_all(
            run(["tags", f"https://{server.host}/team/app", "--cacert", authority.ca]), NAMES
        )


@pytest.mark.parametrize("status", [400, 405, 413])
def test_a_token_servers_error_is_not_taken_for_a_refused_page_size(
    scripted: Scripted, status: int
) -> None:
    challenge = f'Bearer realm="{scripted.url}/token",service="x"'
    scripted.on(f"{LIST}*", unauthorized(challenge))
    scripted.on("/token*", error(status, "UNSUPPORTED"))
    result = tags(scripted)
    assert result.code == 5
    assert f"the token server {scripted.host} responded with {status}" in result.err
    assert len(scripted.requests_to(LIST)) == 1
