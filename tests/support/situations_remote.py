"""Situations in which a registry lacks something, fails or redirects."""

import socket

from support import images
from support.responses import (
    CLOSED,
    RESET,
    SILENT,
    Request,
    Responder,
    Response,
    error,
    html,
    json_response,
    redirect,
    short_body,
    too_many,
)
from support.situations import Environment, Preparation, Situation

APP = "my.registry/team/app"
TAGS = "/v2/team/app/tags/list*"
V1 = "/v2/team/app/manifests/v1"
ZEROS = "sha256:" + "0" * 64
ONCE = "--retries 0 --timeout 1"


def filled(environment: Environment) -> None:
    """Add two images."""
    environment.registry.add("team/app", "v1", images.index("one", attestations=False))
    environment.registry.add("team/app", "v2", images.classic("two"))


def responding(path: str, *responses: Responder) -> Preparation:
    """Add two images, and respond with these to requests for a path."""

    def prepare(environment: Environment) -> None:
        filled(environment)
        environment.registry.on(path, *responses)

    return prepare


def redirects(location: str) -> Preparation:
    """Redirect requests for blobs."""
    return responding("/v2/*/blobs/*", redirect(location))


def pages_in_a_circle(request: Request) -> Response:
    """Respond with a page whose next page is itself."""
    return json_response({"tags": ["v1"]}).plus(Link=f'<{request.target}>; rel="next"')


def with_limit(environment: Environment) -> None:
    """Send rate limit headers with few remaining requests."""
    filled(environment)
    for path in (TAGS, "/v2/*/manifests/*"):
        environment.registry.on(
            path,
            lambda request: request.ordinary().plus(
                Ratelimit_Limit="100;w=21600", Ratelimit_Remaining="7;w=21600"
            ),
        )


def no_such_host(environment: Environment) -> None:
    """Make every DNS lookup fail."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    environment.monkeypatch.setattr(socket, "getaddrinfo", unknown)


def expired_link(environment: Environment) -> None:
    """Redirect requests for blobs to a storage URL that has expired."""
    filled(environment)
    storage = environment.registry.url.replace("127.0.0.1", "localhost")
    environment.registry.on("/v2/*/blobs/*", redirect(f"{storage}/store/x?signature=secret"))
    environment.registry.on("/store/*", error(403, "AccessDenied", "Request has expired"))


REMOTE = {
    # Not found.
    "a repository that is not there": Situation("tags my.registry/no/such", filled),
    "a tag that is not there": Situation(f"manifests {APP}:v9", filled),
    "no tag, where there is no latest": Situation(f"manifests {APP}", filled),
    "no tag in a record": Situation(
        "manifests",
        filled,
        stdin='{"registry":"http://my.registry","repository":"team/app","ref":"my.registry/team/app"}',
    ),
    "latest, where there is none": Situation(f"manifests {APP}:latest", filled),
    "a name without a registry": Situation("tags --retries 0 team/app", no_such_host),
    "a registry's JSON without a registry": Situation(
        "manifests --retries 0", no_such_host, stdin='{"name":"team/app","tags":["v1"]}'
    ),
    "a digest that is not there": Situation(f"manifests {APP}@{ZEROS}", filled),
    "a platform that is not there": Situation(f"manifests --platform linux/s390x {APP}:v1", filled),
    "a platform that the only image is not of": Situation(
        f"manifests --platform linux/arm64 {APP}:v2", filled
    ),
    "a blob that is not there": Situation(f"blob {APP}@{ZEROS}", filled),
    "a registry without a catalog": Situation(
        "catalog my.registry", responding("/v2/_catalog*", error(404, "UNSUPPORTED", "no catalog"))
    ),
    "a catalog that is refused": Situation(
        "catalog my.registry", responding("/v2/_catalog*", error(403, "DENIED", "not for you"))
    ),
    "two failures of different kinds": Situation(
        f"manifests -j 1 {APP}:v9 'Bad Ref' {APP}:v2", filled
    ),
    # Failures.
    "a server that fails": Situation(
        f"tags --retries 0 {APP}", responding(TAGS, error(503, "UNAVAILABLE", "maintenance"))
    ),
    "a server that fails without a word": Situation(
        f"tags --retries 0 {APP}", responding(TAGS, Response(502))
    ),
    "a server that fails each time": Situation(
        f"tags {APP}", responding(TAGS, error(503, "UNAVAILABLE", "maintenance"))
    ),
    "a server that fails each time, and --quiet": Situation(
        f"tags --quiet {APP}", responding(TAGS, error(503, "UNAVAILABLE", "maintenance"))
    ),
    "a rate limit each time": Situation(
        f"tags --retries 2 {APP}", responding(TAGS, too_many("20"))
    ),
    "a connection that is closed each time": Situation(
        f"tags --retries 3 {APP}", responding(TAGS, CLOSED)
    ),
    "a rate limit": Situation(f"tags --retries 0 {APP}", responding(TAGS, too_many())),
    "a rate limit with Retry-After": Situation(
        f"tags --retries 0 {APP}", responding(TAGS, too_many("3600"))
    ),
    "a short Retry-After that is waited for": Situation(
        f"tags --retries 1 {APP}", responding(TAGS, too_many("1"), None)
    ),
    "a rate limit of which little is left": Situation(
        f"manifests -j 1 --min-remaining 50 {APP}:v1 {APP}:v2", with_limit
    ),
    "a host that listens on no such port": Situation("tags --retries 0 127.0.0.1:1/team/app"),
    "a host that does not exist": Situation("tags --retries 0 my.registri/team/app", no_such_host),
    "a server that does not respond": Situation(f"tags {ONCE} {APP}", responding(TAGS, SILENT)),
    "a connection that is reset": Situation(f"tags --retries 0 {APP}", responding(TAGS, RESET)),
    "a connection that is closed": Situation(f"tags --retries 0 {APP}", responding(TAGS, CLOSED)),
    "a response that is cut short": Situation(
        f"tags --retries 0 {APP}", responding(TAGS, short_body)
    ),
    "a server that is not an HTTP server": Situation(
        f"tags --retries 0 {APP}",
        responding(TAGS, Response(raw=b"SSH-2.0-OpenSSH_9.2\r\n", then="close")),
    ),
    "a web page in place of a list": Situation(f"tags {APP}", responding(TAGS, html())),
    "a web page in place of a manifest": Situation(f"manifests {APP}:v1", responding(V1, html())),
    "a list of another shape": Situation(
        f"tags {APP}", responding(TAGS, json_response({"tags": "v1"}))
    ),
    "an empty response": Situation(f"tags {APP}", responding(TAGS, Response())),
    "pages that go in a circle": Situation(f"tags {APP}", responding(TAGS, pages_in_a_circle)),
    "an invalid tag name": Situation(
        f"tags {APP}", responding(TAGS, json_response({"tags": ["v1", "../x"]}))
    ),
    "an invalid repository name": Situation(
        "catalog my.registry",
        responding("/v2/_catalog*", json_response({"repositories": ["a", "../x"]})),
    ),
    "a manifest of other content": Situation(
        f"manifests {APP}@{images.classic('two').digest}",
        responding("/v2/team/app/manifests/sha256*", json_response({"schemaVersion": 2})),
    ),
    "a config of other content": Situation(
        f"manifests {APP}:v2", responding("/v2/team/app/blobs/*", json_response({}))
    ),
    "a config that is not there": Situation(
        f"manifests {APP}:v2",
        responding("/v2/team/app/blobs/*", error(404, "BLOB_UNKNOWN", "gone")),
    ),
    "a layer that is too large to print": Situation(
        f"blob --max-size 10 {APP}@{images.classic('two').layers[0].digest}", filled
    ),
    "a warning from a registry": Situation(
        f"tags {APP}",
        responding(
            TAGS,
            lambda request: request.ordinary().plus(Warning='299 - "This registry moves in May"'),
        ),
    ),
    # Redirects.
    "a redirect to another scheme": Situation(
        f"manifests {APP}:v2", redirects("file:///etc/passwd")
    ),
    "a redirect in a circle": Situation(
        f"tags {APP}", responding(TAGS, redirect("/v2/team/app/tags/list"))
    ),
    "a storage link that has expired": Situation(f"manifests {APP}:v2", expired_link),
}
"""The situations by name, in the order of the golden file."""
