"""What each registry does in its own way (and nothing of it may be noticed), acted out."""

import gzip
import hashlib
import itertools
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from regpipe.errors import NotFoundError, RegistryError, RegpipeError, UnauthorizedError
from regpipe.transport import retry
from support import images, schema1
from support.blobs import OCI_MANIFEST
from support.cli import TOKEN, Result, run
from support.clients import Canary, registry, transport
from support.content import absolute_link
from support.replies import (
    PASS,
    Reply,
    Request,
    error,
    html,
    json_reply,
    not_found,
    unauthorized,
)
from support.scripted import Scripted
from support.tls import Authority

MANY = 250
NAMES = [f"v{number:04}" for number in range(MANY)]
LIST = "/v2/team/app/tags/list"


@pytest.fixture
def many(scripted: Scripted) -> Scripted:
    """A registry with a repository of many tags."""
    scripted.content.tags["team/app"] = dict.fromkeys(NAMES, "")
    return scripted


def tags(server: Scripted) -> Result:
    return run(["tags", f"{server.url}/team/app"])


def assert_all(result: Result, names: list[str] = NAMES) -> None:
    """Every tag came once, in the order given, and nobody was told anything."""
    assert [record["tag"] for record in result.records] == names
    assert (result.code, result.err) == (0, "")


# Lists that come in pages


def ecr(server: Scripted) -> None:
    """Not more than 1000, and an error for more; `n` is heeded."""
    message = "Invalid parameter at 'maxResults': must be less than or equal to '1000'"
    server.content.page = 1000
    server.content.too_many = error(405, "UNSUPPORTED", message)


def ecr_of_less(server: Scripted) -> None:
    """The same for a page that is too small for our first request."""
    server.content.page = 100
    server.content.too_many = error(400, "UNSUPPORTED", "Invalid parameter at 'maxResults'")


def ghcr(server: Scripted) -> None:
    """Pages of 100, the oldest first."""
    server.content.page = 100
    server.content.in_order = False


def quay(server: Scripted) -> None:
    """Cut to 100, with a cursor in place of `last`."""
    server.content.page = 100

    def link(_: Request, target: str) -> str:
        last = target.partition("last=")[2].partition("&")[0]
        return f'<{LIST}?n=100&next_page={last}%3D%3D>; rel="next"'

    def page(request: Request) -> Reply | None:
        if "next_page=" not in request.query:
            return None
        last = request.query.partition("next_page=")[2].removesuffix("%3D%3D")
        plain = replace(request, target=f"{LIST}?n=100&last={last}")
        return server.content(plain)

    server.content.link = link
    server.on(f"{LIST}*", page)


def quay_of_2016(server: Scripted) -> None:
    """With links that have a scheme and a host."""
    server.content.page = 50
    server.content.link = absolute_link


def quay_of_june_2024(server: Scripted) -> None:
    """An error for more than 100."""
    server.content.page = 100
    server.content.too_many = error(413, "TOO_MANY_TAGS_REQUESTED", "too many tags")


def gitlab(server: Scripted) -> None:
    """A link back before the link forth, in one header."""
    server.content.page = 100
    server.content.link = lambda _, target: (
        f'<{LIST}?before=x&n=100>; rel="previous", <{target}>; rel="next"'
    )


def gitlab_not_migrated(server: Scripted) -> None:
    """`n` is not heeded and no link comes."""
    server.content.page = None


def artifactory(server: Scripted) -> None:
    """The link lacks the path that the registry stands under."""
    server.content.page = 100
    server.content.link = lambda _, target: f'<{target.replace("/v2/team", "/v2")}>; rel="next"'


def nexus(server: Scripted) -> None:
    """The link goes through the path of its other door, where it is refused."""
    server.content.page = 100
    server.content.link = lambda request, target: (
        f'<http://{request.headers["host"]}/repository/docker{target}>; rel="next"'
    )
    server.on("/repository/*", error(400, "UNSUPPORTED", "not here"))


def gitea(server: Scripted) -> None:
    """A link with every page, the last and the empty one included."""
    server.content.page = 100

    def with_link(request: Request) -> Reply:
        reply = request.ordinary()
        if any(name == "Link" for name, _ in reply.headers):
            return reply
        return reply.plus(Link=f'<{LIST}?last={NAMES[-1]}&n=100>; rel="next"')

    server.on(f"{LIST}*", with_link)


def gitea_of_old(server: Scripted) -> None:
    """The name comes back in lower case; the whole list comes at once."""
    server.on(f"{LIST}*", json_reply({"name": "other/name", "tags": NAMES}))


def zot(server: Scripted) -> None:
    """Pages as asked for, and `last` in the link as it is."""
    server.content.page = 100
    server.content.link = lambda _, target: f"<{target}>; rel=next"


def distribution_2_8(server: Scripted) -> None:
    """The whole list, whatever is asked for."""
    server.on(f"{LIST}*", json_reply({"name": "team/app", "tags": NAMES}))


def distribution_3_0(server: Scripted) -> None:
    """Pages as asked for."""
    server.content.page = 1000


def distribution_3_1_0(server: Scripted) -> None:
    """An error for more than it is set to."""
    server.content.page = 200
    server.content.too_many = error(400, "PAGINATION_NUMBER_INVALID", "invalid number of results")


def distribution_3_1_0_of_ten(server: Scripted) -> None:
    """The same, where it is set to less than anyone would try."""
    server.content.page = 10
    server.content.too_many = error(400, "PAGINATION_NUMBER_INVALID", "invalid number of results")


def distribution_3_1_1(server: Scripted) -> None:
    """Cut to what it is set to."""
    server.content.page = 200


def harbor(server: Scripted) -> None:
    """Pages as asked for; the link is relative to the server."""
    server.content.page = 100


def docker_hub(server: Scripted) -> None:
    """Everything at once, with rate limit headers."""
    reply = json_reply({"name": "team/app", "tags": NAMES})
    server.on(f"{LIST}*", reply.plus(Ratelimit_Limit="100;w=21600", Ratelimit_Remaining="9"))


def gcr(server: Scripted) -> None:
    """More in the answer than anybody asked for, numbers in strings."""
    more = {"child": ["x"], "manifest": {"sha256:" + "a" * 64: {"imageSizeBytes": "7", "tag": []}}}
    server.on(f"{LIST}*", json_reply({"name": "team/app", "tags": NAMES, **more}))


def odd_headers(server: Scripted) -> None:
    """Parameters, a `;` in the URL, several rels, another case, no quotes."""
    server.content.page = 100
    server.content.link = lambda _, target: (
        f'<{target}&x=a;b,c>; title="x; rel=\\"prev\\""; REL="last NEXT"; foo=bar'
    )


def relative_query(server: Scripted) -> None:
    """A link of a query alone."""
    server.content.page = 100
    server.content.link = lambda _, target: f'<?{target.partition("?")[2]}>; rel="next"'


def empty_pages(server: Scripted) -> None:
    """Pages that are short, and one that is empty in between."""
    calls = iter([NAMES[:3], [], NAMES[3:7], NAMES[7:]])

    def page(_: Request) -> Reply:
        names = next(calls)
        reply = json_reply({"name": "team/app", "tags": names or None})
        if names and names[-1] == NAMES[-1]:
            return reply
        return reply.plus(Link=f'<{LIST}?cursor={len(server.requests)}>; rel="next"')

    server.on(f"{LIST}*", page)


def overlapping(server: Scripted) -> None:
    """Pages that begin with the name that the page before ended with."""
    halves = json_reply({"tags": NAMES[:100]}).plus(Link=f'<{LIST}?last=x>; rel="next"')
    server.on(f"{LIST}*", halves, json_reply({"tags": NAMES[99:]}))


@pytest.mark.parametrize(
    "habit",
    [
        ecr,
        ecr_of_less,
        ghcr,
        quay,
        quay_of_2016,
        quay_of_june_2024,
        gitlab,
        gitlab_not_migrated,
        artifactory,
        nexus,
        gitea,
        gitea_of_old,
        zot,
        distribution_2_8,
        distribution_3_0,
        distribution_3_1_0,
        distribution_3_1_0_of_ten,
        distribution_3_1_1,
        harbor,
        docker_hub,
        gcr,
        odd_headers,
        relative_query,
        empty_pages,
        overlapping,
    ],
    ids=lambda habit: habit.__name__,
)
def test_every_tag_comes_once(many: Scripted, habit: Callable[[Scripted], None]) -> None:
    habit(many)
    assert_all(tags(many))
    assert all("n=1000" in r.query or i for i, r in enumerate(many.asked()))


def test_the_catalog_is_paged_likewise(scripted: Scripted) -> None:
    names = [f"team/app{number:03}" for number in range(MANY)]
    scripted.content.tags = {name: {} for name in names}
    scripted.content.page = 100
    scripted.content.too_many = error(400, "PAGINATION_NUMBER_INVALID", "no")
    result = run(["catalog", scripted.url])
    assert [record["repository"] for record in result.records] == names
    assert result.code == 0


@pytest.mark.parametrize("listed", [[], None], ids=["empty", "null"])
def test_no_tags_are_no_error(scripted: Scripted, listed: object) -> None:
    scripted.on(f"{LIST}*", json_reply({"name": "team/app", "tags": listed}))
    assert_all(tags(scripted), [])


def test_nexus_lists_nulls_and_artifactory_digests(scripted: Scripted) -> None:
    listed = ["v1", None, "sha256:" + "a" * 64, "v2"]
    scripted.on(f"{LIST}*", json_reply({"name": "team/app", "tags": listed}))
    assert_all(tags(scripted), ["v1", "v2"])


def circle(server: Scripted) -> None:
    server.content.link = lambda *_: f'<{LIST}?last=&n=100>; rel="next"'


def same_page(server: Scripted) -> None:
    def page(_: Request) -> Reply:
        link = f'<{LIST}?n=100&last={len(server.requests)}>; rel="next"'
        return json_reply({"tags": NAMES[:100]}).plus(Link=link)

    server.on(f"{LIST}*", page)


def never_anything(server: Scripted) -> None:
    def page(_: Request) -> Reply:
        link = f'<{LIST}?n=100&last={len(server.requests)}>; rel="next"'
        return json_reply({"tags": []}).plus(Link=link)

    server.on(f"{LIST}*", page)


@pytest.mark.parametrize("habit", [circle, same_page, never_anything])
def test_pages_without_end_are_said_to_be_cut(
    many: Scripted, habit: Callable[[Scripted], None]
) -> None:
    many.content.page = 100
    habit(many)
    result = tags(many)
    assert result.code == 5
    assert "the list is incomplete" in result.err
    assert len(many.requests) < 30
    names = [record["tag"] for record in result.records]
    assert len(names) == len(set(names))


def test_zot_forgets_a_tag_that_was_deleted(many: Scripted) -> None:
    many.content.page = 100
    many.on(f"{LIST}?last=*", not_found("NAME_UNKNOWN", "repository name not known"))
    result = tags(many)
    assert len(result.records) == 100
    assert (result.code, len(result.errors)) == (4, 1)


def test_a_refusal_for_another_reason_is_asked_once(scripted: Scripted) -> None:
    scripted.on(f"{LIST}*", error(400, "NAME_INVALID", "invalid repository name"))
    result = tags(scripted)
    assert "NAME_INVALID" in result.err
    assert len(scripted.requests) == 1


def test_a_web_page_is_no_list(scripted: Scripted) -> None:
    scripted.on(f"{LIST}*", html())
    result = tags(scripted)
    assert (result.code, len(result.errors)) == (5, 1)
    assert "looks like an HTML page" in result.err


def test_a_tls_front_that_forgot_to_say_so(authority: Authority) -> None:
    """Distribution behind nginx without X-Forwarded-Proto links to http."""
    with Scripted(tls=authority.server_side()) as server:
        server.content.tags["team/app"] = dict.fromkeys(NAMES, "")
        server.content.page = 100
        server.content.link = absolute_link
        assert_all(
            run(["tags", f"https://{server.host}/team/app", "--cacert", authority.ca]), NAMES
        )


# Manifests and configs


def test_red_hat_gzips_configs_whatever_is_asked_for(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci())

    def zipped(request: Request) -> Reply:
        reply = request.ordinary()
        return Reply(200, gzip.compress(reply.body), (("Content-Encoding", "gzip"),))

    scripted.on("/v2/team/app/blobs/*", zipped)
    (record,) = run(["manifests", f"{scripted.url}/team/app:v1"]).records
    assert image.config
    assert record["config"]["rootfs"]["type"] == "layers"


def test_ecr_tells_no_digest(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    scripted.content.digest_header = False
    (record,) = run(["manifests", f"{scripted.url}/team/app:v1"]).records
    assert record["digest"] == image.digest
    assert registry(scripted).head("team/app", "v1") is None


def test_head_gives_the_digest(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    assert registry(scripted).head("team/app", "v1") == image.digest
    assert scripted.seen == ["HEAD /v2/team/app/manifests/v1"]
    with pytest.raises(NotFoundError):
        registry(scripted).head("team/app", "v2")


def test_a_registry_that_takes_no_head_is_asked_once(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.oci())
    scripted.content.head = False
    found = registry(scripted)
    assert [found.head("team/app", "v1") for _ in range(3)] == [None, None, None]
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("etag", [True, False])
def test_what_is_known_is_not_sent_again(scripted: Scripted, etag: bool) -> None:  # noqa: FBT001
    scripted.add("team/app", "v1", images.oci("one"))
    scripted.content.etag = etag
    found = registry(scripted)
    known = found.manifest("team/app", "v1")
    again = found.manifest("team/app", "v1", known)
    assert (again is known) == etag
    assert again.digest == known.digest
    assert scripted.requests[-1].headers["if-none-match"] == f'"{known.digest}"'
    scripted.add("team/app", "v1", images.oci("two"))
    assert found.manifest("team/app", "v1", known).digest != known.digest


def test_a_304_for_something_else_is_not_believed(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci("one"))
    found = registry(scripted)
    known = found.manifest("team/app", "v1")
    scripted.on("/v2/team/app/manifests/v1", Reply(304, headers=(("Etag", '"other"'),)), PASS)
    assert found.manifest("team/app", "v1", known).digest == image.digest
    assert "if-none-match" not in scripted.requests[-1].headers


def test_a_condition_is_for_tags_only(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci("one"))
    found = registry(scripted)
    found.manifest("team/app", image.digest, found.manifest("team/app", "v1"))
    assert "if-none-match" not in scripted.requests[-1].headers


def test_every_type_is_asked_for_by_name(scripted: Scripted) -> None:
    """Quay and distribution convert to schema 1 otherwise."""
    scripted.add("team/app", "v1", images.oci())
    registry(scripted).manifest("team/app", "v1")
    accepted = scripted.requests[-1].headers["accept"].split(", ")
    assert {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    } <= set(accepted)


@pytest.mark.parametrize(
    "type_",
    ["application/json", "text/plain", "", "application/vnd.oci.image.manifest.v1+json; x=y"],
)
def test_a_type_that_says_nothing_gives_way_to_the_content(scripted: Scripted, type_: str) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    document = {key: value for key, value in image.json.items() if key != "mediaType"}
    scripted.on(
        "/v2/team/app/manifests/v1",
        replace(json_reply(document), headers=(("Content-Type", type_),)),
    )
    assert registry(scripted).manifest("team/app", "v1").media_type == OCI_MANIFEST


def test_old_artifactory_serves_schema_1_as_json(scripted: Scripted) -> None:
    image = schema1.signed()
    scripted.content.tags["team/app"] = {}
    reply = Reply(200, image.raw, (("Content-Type", "application/json"),))
    scripted.on("/v2/team/app/manifests/v1", reply)
    (record,) = run(["manifests", f"{scripted.url}/team/app:v1"]).records
    assert record["digest"] == image.digest


@pytest.mark.parametrize("algorithm", ["sha512", "sha384"])
def test_a_digest_of_another_algorithm_is_checked_with_that(
    scripted: Scripted, algorithm: str
) -> None:
    image = images.oci()
    other = f"{algorithm}:{hashlib.new(algorithm, image.raw).hexdigest()}"
    reply = Reply(200, image.raw, (("Content-Type", image.media_type),))
    scripted.on("/v2/team/app/manifests/*", reply.plus(Docker_Content_Digest=other))
    said: list[str] = []
    found = registry(scripted, say=said.append)
    assert found.manifest("team/app", "v1").digest == other
    assert found.manifest("team/app", other).verified
    assert found.manifest("team/app", image.digest).digest == image.digest
    assert said == []
    wrong = f"{algorithm}:{'0' * len(other.partition(':')[2])}"
    scripted.on("/v2/team/app/manifests/*", reply.plus(Docker_Content_Digest=wrong))
    assert found.manifest("team/app", "v1").digest == image.digest
    assert len(said) == 1
    with pytest.raises(RegpipeError, match="came with digest"):
        found.manifest("team/app", wrong)


# Refusals and limits


def hub_limit() -> Reply:
    text = "toomanyrequests: You have reached your pull rate limit."
    return Reply(429, text.encode(), (("Content-Type", "text/plain"),))


@pytest.mark.parametrize(
    "reply",
    [
        hub_limit(),
        json_reply({"message": "toomanyrequests: You have reached your pull rate limit."}, 429),
        error(429, "TOOMANYREQUESTS", "toomanyrequests: You have reached your pull rate limit."),
    ],
    ids=["text", "message", "errors"],
)
def test_hubs_rate_limit_is_said_in_its_own_words(scripted: Scripted, reply: Reply) -> None:
    scripted.on("/v2/*", reply)
    with pytest.raises(RegistryError, match="reached your pull rate limit") as caught:
        registry(scripted).manifest("team/app", "v1")
    assert caught.value.code == "TOOMANYREQUESTS"
    assert "log in for a higher limit" in caught.value.message
    assert len(scripted.requests) == 6


def limited(start: int) -> Callable[[Request], Reply]:
    """Hub: GETs of manifests count, HEADs do not."""
    lefts = itertools.count(start - 1, -1)
    lock = threading.Lock()
    last = [start]

    def answer(request: Request) -> Reply:
        with lock:
            if request.method == "GET":
                last[0] = next(lefts)
            headers = {"Ratelimit_Remaining": f"{last[0]};w=21600", "Ratelimit_Limit": "100"}
        return request.ordinary().plus(**headers)

    return answer


@pytest.mark.parametrize(
    ("left", "keep", "served"), [(10, 4, 6), (4, 4, 0), (50, 4, 12), (3, 9, 0)]
)
def test_what_is_to_remain_of_the_rate_limit_remains(
    scripted: Scripted, left: int, keep: int, served: int
) -> None:
    for number in range(12):
        scripted.add("team/app", f"v{number}", images.oci(str(number)))
    answer = limited(left)
    scripted.on("/v2/team/app/manifests/*", answer)
    refs = [f"{scripted.url}/team/app:v{number}" for number in range(12)]
    result = run(["manifests", *refs, "--min-remaining", keep])
    assert len(result.records) == served
    assert len(scripted.asked("/v2/team/app/manifests/*", "GET")) == served
    assert len(result.errors) == 12 - served
    assert all("--min-remaining" in line for line in result.errors)


def test_a_registry_without_a_rate_limit_has_nothing_to_remain(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.oci())
    ref = f"{scripted.url}/team/app:v1"
    assert len(run(["manifests", ref, ref, "--min-remaining", 5]).records) == 2


def test_the_rate_limit_is_shown_at_v(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.oci())
    scripted.on("/v2/team/app/manifests/*", limited(10))
    result = run(["manifests", f"{scripted.url}/team/app:v1", "-v"])
    assert "< Ratelimit-Remaining: 9;w=21600" in result.errors


@pytest.mark.parametrize(
    ("reply", "kind", "message"),
    [
        (error(403, "DENIED", "denied"), UnauthorizedError, "docker login"),
        (Reply(401), UnauthorizedError, "docker login"),
        (error(404, "TAG_EXPIRED", "gone"), NotFoundError, "gone"),
        (error(400, "UNKNOWN", "Not Found"), NotFoundError, "Not Found"),
        (html(404), NotFoundError, "not found"),
        (Reply(404, b"404 page not found\n"), NotFoundError, "404 page not found"),
        (
            json_reply(
                {"errors": [{"status": 404, "message": "The named manifest is not known"}]}, 404
            ),
            NotFoundError,
            "named manifest",
        ),
        (json_reply({"details": "login first"}, 403), UnauthorizedError, "login first"),
        (
            Reply(400, b"Client sent an HTTP request to an HTTPS server.\n"),
            RegistryError,
            "https://",
        ),
        (
            Reply(400, b"<h1>The plain HTTP request was sent to HTTPS port</h1>"),
            RegistryError,
            "https://",
        ),
        (error(501, "UNSUPPORTED", "no"), RegistryError, "501"),
        (json_reply({"errors": "x"}, 418), RegistryError, "418"),
        (json_reply([1], 418), RegistryError, "418"),
    ],
    ids=str,
)
def test_a_refusal_is_what_its_status_says(
    scripted: Scripted, reply: Reply, kind: type[RegpipeError], message: str
) -> None:
    scripted.on("/v2/*", reply)
    with pytest.raises(kind, match=message):
        registry(scripted).manifest("team/app", "v1")
    assert len(scripted.requests) == 1


def test_gcr_says_who_may_ask_at_v2_only(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.oci())
    challenge = 'Bearer realm="https://gcr.io/v2/token",service="gcr.io"'

    def guard(request: Request) -> Reply | None:
        if "authorization" in request.headers:
            return None
        return unauthorized(challenge) if request.path == "/v2/" else Reply(401)

    scripted.guard(guard)
    canary = Asked()
    assert registry(scripted, canary).manifest("team/app", "v1")
    assert canary.challenges == [(f"{scripted.url}/v2/team/app/manifests/v1", [challenge])]


def test_ghcr_denies_without_a_challenge(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.oci())
    challenge = 'Bearer realm="https://ghcr.io/token",service="ghcr.io"'

    def guard(request: Request) -> Reply | None:
        if "authorization" in request.headers:
            return None
        return unauthorized(challenge) if request.path == "/v2/" else error(403, "DENIED", "denied")

    scripted.guard(guard)
    assert registry(scripted, Asked()).manifest("team/app", "v1")


def test_harbors_basic_answer_to_an_ended_token_is_passed_on(scripted: Scripted) -> None:
    scripted.on("/v2/*", unauthorized('Basic realm="harbor"'))
    canary = Canary()
    with pytest.raises(UnauthorizedError):
        registry(scripted, canary).manifest("team/app", "v1")
    assert [challenges for _, challenges in canary.challenges] == [['Basic realm="harbor"']]
    assert len(scripted.requests) == 1


def test_several_challenges_are_told_apart(scripted: Scripted) -> None:
    """Gitea's two headers, and Codeberg's two in one."""
    both = 'Bearer realm="a",scope="*",Basic realm="b"'
    scripted.on("/v2/*", unauthorized('Bearer realm="x",scope="repository:a:pull,push"', both))
    canary = Canary()
    with pytest.raises(UnauthorizedError):
        transport(canary).get(f"{scripted.url}/v2/", limit=1000)
    (told,) = canary.challenges
    assert told[1] == ['Bearer realm="x",scope="repository:a:pull,push"', both]


class Asked(Canary):
    """An authorizer that has nothing to send until it is asked for it."""

    def __init__(self) -> None:
        super().__init__(value=None, again=True)

    def challenged(
        self, url: str, scope: str | None, challenges: list[str], sent: str | None
    ) -> bool:
        self.value = f"Bearer {TOKEN}"
        return super().challenged(url, scope, challenges, sent)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No real pauses between retries."""
    monkeypatch.setattr(retry, "pause", lambda *_: 0.001)
