"""How registries differ in paginating lists: each function sets up one behaviour on a server."""

from dataclasses import replace

from support.content import absolute_link
from support.responses import Request, Response, error, json_response
from support.scripted import Scripted

MANY = 250
NAMES = [f"v{number:04}" for number in range(MANY)]
"""All tags of the repository."""
LIST = "/v2/team/app/tags/list"


def ecr(server: Scripted) -> None:
    """`n` is honoured up to 1000; a larger one is an error."""
    message = "Invalid parameter at 'maxResults': must be less than or equal to '1000'"
    server.content.page = 1000
    server.content.too_many = error(405, "UNSUPPORTED", message)


def ecr_of_less(server: Scripted) -> None:
    """The same with a limit below the page size of our first request."""
    server.content.page = 100
    server.content.too_many = error(400, "UNSUPPORTED", "Invalid parameter at 'maxResults'")


def ghcr(server: Scripted) -> None:
    """Pages of 100, oldest first, not sorted."""
    server.content.page = 100
    server.content.in_order = False


def quay(server: Scripted) -> None:
    """Shortened to 100, with a cursor in place of `last`."""
    server.content.page = 100

    def link(_: Request, target: str) -> str:
        last = target.partition("last=")[2].partition("&")[0]
        return f'<{LIST}?n=100&next_page={last}%3D%3D>; rel="next"'

    def page(request: Request) -> Response | None:
        if "next_page=" not in request.query:
            return None
        last = request.query.partition("next_page=")[2].removesuffix("%3D%3D")
        plain = replace(request, target=f"{LIST}?n=100&last={last}")
        return server.content(plain)

    server.content.link = link
    server.on(f"{LIST}*", page)


def quay_of_2016(server: Scripted) -> None:
    """Links with scheme and host."""
    server.content.page = 50
    server.content.link = absolute_link


def quay_of_june_2024(server: Scripted) -> None:
    """An `n` above 100 is an error."""
    server.content.page = 100
    server.content.too_many = error(413, "TOO_MANY_TAGS_REQUESTED", "too many tags")


def gitlab(server: Scripted) -> None:
    """A previous link before the next link, in one header."""
    server.content.page = 100
    server.content.link = lambda _, target: (
        f'<{LIST}?before=x&n=100>; rel="previous", <{target}>; rel="next"'
    )


def gitlab_not_migrated(server: Scripted) -> None:
    """`n` is ignored and there is no link."""
    server.content.page = None


def artifactory(server: Scripted) -> None:
    """The link lacks the registry's path prefix."""
    server.content.page = 100
    server.content.link = lambda _, target: f'<{target.replace("/v2/team", "/v2")}>; rel="next"'


def nexus(server: Scripted) -> None:
    """The link uses the path of the other connector, which refuses the request."""
    server.content.page = 100
    server.content.link = lambda request, target: (
        f'<http://{request.headers["host"]}/repository/docker{target}>; rel="next"'
    )
    server.on("/repository/*", error(400, "UNSUPPORTED", "not here"))


def gitea(server: Scripted) -> None:
    """A link on every page, even the last and the empty one."""
    server.content.page = 100

    def with_link(request: Request) -> Response:
        response = request.ordinary()
        if any(name == "Link" for name, _ in response.headers):
            return response
        return response.plus(Link=f'<{LIST}?last={NAMES[-1]}&n=100>; rel="next"')

    server.on(f"{LIST}*", with_link)


def gitea_of_old(server: Scripted) -> None:
    """The whole list in one response, whose name is another one."""
    server.on(f"{LIST}*", json_response({"name": "other/name", "tags": NAMES}))


def zot(server: Scripted) -> None:
    """Pages as requested, with an unquoted `rel` in the link."""
    server.content.page = 100
    server.content.link = lambda _, target: f"<{target}>; rel=next"


def distribution_2_8(server: Scripted) -> None:
    """The whole list, whatever is requested."""
    server.on(f"{LIST}*", json_response({"name": "team/app", "tags": NAMES}))


def distribution_3_0(server: Scripted) -> None:
    """Pages as requested."""
    server.content.page = 1000


def distribution_3_1_0(server: Scripted) -> None:
    """An `n` above the configured limit is an error."""
    server.content.page = 200
    server.content.too_many = error(400, "PAGINATION_NUMBER_INVALID", "invalid number of results")


def distribution_3_1_0_of_ten(server: Scripted) -> None:
    """The same with a limit below every page size that regpipe tries."""
    server.content.page = 10
    server.content.too_many = error(400, "PAGINATION_NUMBER_INVALID", "invalid number of results")


def distribution_3_1_1(server: Scripted) -> None:
    """Shortened to the configured limit."""
    server.content.page = 200


def harbor(server: Scripted) -> None:
    """Pages as requested; the link is relative to the server."""
    server.content.page = 100


def docker_hub(server: Scripted) -> None:
    """The whole list in one response, with rate limit headers."""
    response = json_response({"name": "team/app", "tags": NAMES})
    server.on(f"{LIST}*", response.plus(Ratelimit_Limit="100;w=21600", Ratelimit_Remaining="9"))


def gcr(server: Scripted) -> None:
    """More members in the response than the specification has, with numbers as strings."""
    more = {"child": ["x"], "manifest": {"sha256:" + "a" * 64: {"imageSizeBytes": "7", "tag": []}}}
    server.on(f"{LIST}*", json_response({"name": "team/app", "tags": NAMES, **more}))


def odd_headers(server: Scripted) -> None:
    """Parameters, a `;` in the URL, several rels, another case, no quotes."""
    server.content.page = 100
    server.content.link = lambda _, target: (
        f'<{target}&x=a;b,c>; title="x; rel=\\"prev\\""; REL="last NEXT"; foo=bar'
    )


def relative_query(server: Scripted) -> None:
    """A link that is only a query."""
    server.content.page = 100
    server.content.link = lambda _, target: f'<?{target.partition("?")[2]}>; rel="next"'


def empty_pages(server: Scripted) -> None:
    """Short pages with an empty one in between."""
    calls = iter([NAMES[:3], [], NAMES[3:7], NAMES[7:]])

    def page(_: Request) -> Response:
        names = next(calls)
        response = json_response({"name": "team/app", "tags": names or None})
        if names and names[-1] == NAMES[-1]:
            return response
        return response.plus(Link=f'<{LIST}?cursor={len(server.requests)}>; rel="next"')

    server.on(f"{LIST}*", page)


def overlapping(server: Scripted) -> None:
    """Pages that repeat the last name of the page before."""
    halves = json_response({"tags": NAMES[:100]}).plus(Link=f'<{LIST}?last=x>; rel="next"')
    server.on(f"{LIST}*", halves, json_response({"tags": NAMES[99:]}))


BEHAVIOURS = (
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
)
"""Every behaviour with which the complete list must be read without a message."""
