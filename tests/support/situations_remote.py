"""Situations in which a registry lacks something, fails or redirects."""

import socket

from support import images
from support.replies import (
    CLOSED,
    RESET,
    SILENT,
    Reply,
    Request,
    Response,
    error,
    html,
    json_reply,
    redirect,
    short_body,
    too_many,
)
from support.situations import Preparation, Situation, World

APP = "my.registry/team/app"
TAGS = "/v2/team/app/tags/list*"
V1 = "/v2/team/app/manifests/v1"
ZEROS = "sha256:" + "0" * 64
ONCE = "--retries 0 --timeout 1"


def filled(world: World) -> None:
    """Add two images."""
    world.registry.add("team/app", "v1", images.index("one", attestations=False))
    world.registry.add("team/app", "v2", images.classic("two"))


def answers(path: str, *replies: Response) -> Preparation:
    """Add two images, and respond with these to requests for a path."""

    def prepare(world: World) -> None:
        filled(world)
        world.registry.on(path, *replies)

    return prepare


def redirects(location: str) -> Preparation:
    """Redirect requests for blobs."""
    return answers("/v2/*/blobs/*", redirect(location))


def pages_in_a_circle(request: Request) -> Reply:
    """Respond with a page whose next page is itself."""
    return json_reply({"tags": ["v1"]}).plus(Link=f'<{request.target}>; rel="next"')


def with_limit(world: World) -> None:
    """Send rate limit headers with few remaining requests."""
    filled(world)
    for path in (TAGS, "/v2/*/manifests/*"):
        world.registry.on(
            path,
            lambda request: request.ordinary().plus(
                Ratelimit_Limit="100;w=21600", Ratelimit_Remaining="7;w=21600"
            ),
        )


def no_such_host(world: World) -> None:
    """Make every DNS lookup fail."""

    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    world.monkeypatch.setattr(socket, "getaddrinfo", unknown)


def expired_link(world: World) -> None:
    """Redirect requests for blobs to a storage URL that has expired."""
    filled(world)
    storage = world.registry.url.replace("127.0.0.1", "localhost")
    world.registry.on("/v2/*/blobs/*", redirect(f"{storage}/store/x?signature=secret"))
    world.registry.on("/store/*", error(403, "AccessDenied", "Request has expired"))


REMOTE = {
    # Not found.
    "a repository that is not there": Situation("tags my.registry/no/such", filled),
    "a tag that is not there": Situation(f"manifests {APP}:v9", filled),
    "a digest that is not there": Situation(f"manifests {APP}@{ZEROS}", filled),
    "a blob that is not there": Situation(f"blob {APP}@{ZEROS}", filled),
    "a registry without a catalog": Situation(
        "catalog my.registry", answers("/v2/_catalog*", error(404, "UNSUPPORTED", "no catalog"))
    ),
    "a catalog that is refused": Situation(
        "catalog my.registry", answers("/v2/_catalog*", error(403, "DENIED", "not for you"))
    ),
    "two failures of different kinds": Situation(
        f"manifests -j 1 {APP}:v9 'Bad Ref' {APP}:v2", filled
    ),
    # Failures.
    "a server that fails": Situation(
        f"tags --retries 0 {APP}", answers(TAGS, error(503, "UNAVAILABLE", "maintenance"))
    ),
    "a server that fails without a word": Situation(
        f"tags --retries 0 {APP}", answers(TAGS, Reply(502))
    ),
    "a rate limit": Situation(f"tags --retries 0 {APP}", answers(TAGS, too_many())),
    "a rate limit with Retry-After": Situation(
        f"tags --retries 0 {APP}", answers(TAGS, too_many("3600"))
    ),
    "a short Retry-After that is waited for": Situation(
        f"tags --retries 1 {APP}", answers(TAGS, too_many("1"), None)
    ),
    "a rate limit of which little is left": Situation(
        f"manifests -j 1 --min-remaining 50 {APP}:v1 {APP}:v2", with_limit
    ),
    "a host that listens on no such port": Situation("tags --retries 0 127.0.0.1:1/team/app"),
    "a host that does not exist": Situation("tags --retries 0 my.registri/team/app", no_such_host),
    "a server that does not respond": Situation(f"tags {ONCE} {APP}", answers(TAGS, SILENT)),
    "a connection that is reset": Situation(f"tags --retries 0 {APP}", answers(TAGS, RESET)),
    "a connection that is closed": Situation(f"tags --retries 0 {APP}", answers(TAGS, CLOSED)),
    "a response that is cut short": Situation(f"tags --retries 0 {APP}", answers(TAGS, short_body)),
    "a server that is not an HTTP server": Situation(
        f"tags --retries 0 {APP}",
        answers(TAGS, Reply(raw=b"SSH-2.0-OpenSSH_9.2\r\n", then="close")),
    ),
    "a web page in place of a list": Situation(f"tags {APP}", answers(TAGS, html())),
    "a web page in place of a manifest": Situation(f"manifests {APP}:v1", answers(V1, html())),
    "a list that is none": Situation(f"tags {APP}", answers(TAGS, json_reply({"tags": "v1"}))),
    "an empty response": Situation(f"tags {APP}", answers(TAGS, Reply())),
    "pages that go in a circle": Situation(f"tags {APP}", answers(TAGS, pages_in_a_circle)),
    "a tag name that is none": Situation(
        f"tags {APP}", answers(TAGS, json_reply({"tags": ["v1", "../x"]}))
    ),
    "a repository name that is none": Situation(
        "catalog my.registry", answers("/v2/_catalog*", json_reply({"repositories": ["a", "../x"]}))
    ),
    "a manifest of other content": Situation(
        f"manifests {APP}@{images.classic('two').digest}",
        answers("/v2/team/app/manifests/sha256*", json_reply({"schemaVersion": 2})),
    ),
    "a config of other content": Situation(
        f"manifests {APP}:v2", answers("/v2/team/app/blobs/*", json_reply({}))
    ),
    "a config that is not there": Situation(
        f"manifests {APP}:v2", answers("/v2/team/app/blobs/*", error(404, "BLOB_UNKNOWN", "gone"))
    ),
    "a layer that is too large to print": Situation(
        f"blob --max-size 10 {APP}@{images.classic('two').layers[0].digest}", filled
    ),
    "a warning from a registry": Situation(
        f"tags {APP}",
        answers(
            TAGS,
            lambda request: request.ordinary().plus(Warning='299 - "This registry moves in May"'),
        ),
    ),
    # Redirects.
    "a redirect to another scheme": Situation(
        f"manifests {APP}:v2", redirects("file:///etc/passwd")
    ),
    "a redirect in a circle": Situation(
        f"tags {APP}", answers(TAGS, redirect("/v2/team/app/tags/list"))
    ),
    "a storage link that has expired": Situation(f"manifests {APP}:v2", expired_link),
}
"""The situations by name, in the order of the golden file."""
