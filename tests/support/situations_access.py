"""Situations of access to a registry: credentials, TLS and `check`."""

import ssl

from support import credentials
from support.cli import PASSWORD, USER
from support.responses import (
    Handler,
    Request,
    Response,
    error,
    html,
    json_response,
    redirect,
    unauthorized,
)
from support.situations import REGISTRY, Environment, Preparation, Situation
from support.situations_remote import APP, ONCE, TAGS, filled, responding
from support.tls import Authority
from support.tokens import TokenService, basic


def guarded(environment: Environment) -> None:
    """Require Basic credentials."""
    filled(environment)
    environment.registry.guard(basic())


def with_login(password: str, guard: Handler | None = None) -> Preparation:
    """Require Basic credentials, and write a password as `docker login` does."""

    def prepare(environment: Environment) -> None:
        filled(environment)
        environment.registry.guard(guard or basic())
        entry = credentials.entry(USER, password)
        credentials.docker(environment.home, auths={environment.registry.host: entry})

    return prepare


def without_the_right(request: Request) -> Response | None:
    """Require Basic credentials, and refuse those of everybody."""
    return basic()(request) or error(403, "DENIED", "not in the group team")


def challenge(*values: str) -> Preparation:
    """Refuse every request with these challenges."""

    def prepare(environment: Environment) -> None:
        filled(environment)
        environment.registry.guard(lambda _: unauthorized(*values))

    return prepare


def token_server(response: Response | None = None, *, grants: bool = True) -> Preparation:
    """Require tokens from a token server that sends this response, or a token."""

    def prepare(environment: Environment) -> None:
        filled(environment)
        service = TokenService(grants=grants)
        environment.registry.guard(service.guard(f"{environment.registry.url}/token"))
        environment.registry.on("/token*", response or service)

    return prepare


def helper(body: str) -> Preparation:
    """Install a credential helper with this script."""

    def prepare(environment: Environment) -> None:
        guarded(environment)
        credentials.Helpers(environment.home / "bin", environment.monkeypatch).script("vault", body)
        credentials.docker(environment.home, credsStore="vault")

    return prepare


def docker_config(text: str) -> Preparation:
    """Write Docker's config.json with this content."""

    def prepare(environment: Environment) -> None:
        guarded(environment)
        there = text.replace(REGISTRY, environment.registry.host)
        credentials.write(environment.home / ".docker" / "config.json", there)

    return prepare


def trusted(authority: Authority) -> ssl.SSLContext:
    """Return a context with a certificate of the tests' authority."""
    return authority.server_side()


def expired(authority: Authority) -> ssl.SSLContext:
    """Return a context with an expired certificate."""
    return authority.server_side(authority.issue("expired", days=-1))


def other_name(authority: Authority) -> ssl.SSLContext:
    """Return a context with a certificate for another host."""
    return authority.server_side(authority.issue("other", ("other.test",)))


def with_ca(environment: Environment) -> None:
    """Write the authority's certificate to a file."""
    filled(environment)
    environment.file("ca.crt", environment.authority.ca.read_bytes())


ACCESS = {
    # Credentials.
    "no credentials": Situation(f"tags {APP}", guarded),
    "a wrong password": Situation(f"tags {APP}", with_login("wrong")),
    "a wrong password on standard input": Situation(
        f"tags --user {USER} --password-stdin {APP}", guarded, stdin="wrong"
    ),
    "a user who may not": Situation(
        f"tags {APP}", with_login(PASSWORD, lambda _: error(403, "DENIED", "pull access denied"))
    ),
    "no login, and none is offered": Situation(
        f"tags {APP}", responding(TAGS, error(403, "DENIED", "pull access denied"))
    ),
    "a login without the right": Situation(f"tags {APP}", with_login(PASSWORD, without_the_right)),
    "check: a login without the right": Situation(
        "check my.registry", with_login(PASSWORD, without_the_right), show="hint"
    ),
    "no token for anonymous users": Situation(
        f"tags {APP}", token_server(error(401, "UNAUTHORIZED"))
    ),
    "a token that is good for nothing": Situation(f"tags {APP}", token_server(grants=False)),
    "a token server that fails": Situation(
        f"tags --retries 0 {APP}", token_server(error(503, "UNAVAILABLE", "no database"))
    ),
    "a token server that gives none": Situation(f"tags {APP}", token_server(json_response({}))),
    "a token server that redirects": Situation(f"tags {APP}", token_server(redirect("/elsewhere"))),
    "a token server at a private address": Situation(
        f"tags {APP}", challenge('Bearer realm="http://169.254.169.254/token",service="x"')
    ),
    "a challenge without a realm": Situation(f"tags {APP}", challenge('Bearer service="x"')),
    "an authentication scheme that is not supported": Situation(
        f"tags {APP}", challenge("Negotiate")
    ),
    "a credential helper that fails": Situation(f"tags {APP}", helper("echo locked >&2; exit 1")),
    "a credential helper that is not installed": Situation(
        f"tags {APP}", docker_config('{"credsStore":"nosuch"}')
    ),
    "a credential helper that prints no JSON": Situation(f"tags {APP}", helper("echo hello")),
    "docker's config file is not JSON": Situation(f"tags {APP}", docker_config("{oops")),
    "an entry in docker's config file is not valid": Situation(
        f"tags {APP}", docker_config('{"auths":{"my.registry":{"auth":"!!!"}}}')
    ),
    # TLS.
    "a certificate of an unknown authority": Situation(
        "tags https://my.registry/team/app", filled, tls=trusted
    ),
    "a certificate that has expired": Situation(
        "tags --cacert ca.crt https://my.registry/team/app", with_ca, tls=expired
    ),
    "a certificate for another name": Situation(
        "tags --cacert ca.crt https://my.registry/team/app", with_ca, tls=other_name
    ),
    "an HTTP registry, reached by HTTPS": Situation(f"tags {ONCE} https://{APP}", filled),
    "an HTTPS registry, reached by HTTP": Situation(
        f"tags http://{APP}",
        responding(TAGS, Response(400, b"Client sent an HTTP request to an HTTPS server.\n")),
    ),
    "a CA file that is not there": Situation(f"tags --cacert nosuch.crt {APP}", filled),
    "a CA file that holds none": Situation(
        "tags --cacert ca.crt https://my.registry/team/app",
        lambda environment: environment.file("ca.crt", "hello\n"),
        tls=trusted,
    ),
    "a key without its certificate": Situation(
        f"tags --key key.pem {APP}", lambda environment: environment.file("key.pem", "")
    ),
    "a proxy that is not valid": Situation(
        "tags example.invalid/team/app",
        lambda environment: environment.monkeypatch.setenv("https_proxy", "http://[bad"),
    ),
    "a proxy that cannot be reached": Situation(
        "tags --retries 0 example.invalid/team/app",
        lambda environment: environment.monkeypatch.setenv("https_proxy", "http://127.0.0.1:1"),
    ),
    # check
    "check: no credentials": Situation("check my.registry", guarded, show="hint"),
    "check: a wrong password": Situation("check my.registry", with_login("wrong"), show="hint"),
    "check: a catalog that is refused": Situation(
        "check my.registry", responding("/v2/_catalog*", error(403, "DENIED")), show="hint"
    ),
    "check: a web page": Situation("check my.registry", responding("/v2/", html()), show="hint"),
    "check: no registry": Situation(
        "check my.registry", responding("/v2/", html(404)), show="hint"
    ),
    "check: an HTTPS registry, reached by HTTP": Situation(
        "check http://my.registry",
        responding("/v2/", Response(400, b"Client sent an HTTP request to an HTTPS server.\n")),
        show="hint",
    ),
    "check: a certificate for another name": Situation(
        "check --cacert ca.crt https://my.registry", with_ca, tls=other_name, show="tls"
    ),
    "check: a server that fails": Situation(
        "check --retries 0 my.registry", responding("/v2/", error(503)), show="hint"
    ),
    "check: a host that listens on no such port": Situation(
        "check --retries 0 127.0.0.1:1", show="hint"
    ),
    "check: a certificate of an unknown authority": Situation(
        "check https://my.registry", tls=trusted, show="hint"
    ),
    "check: a local directory": Situation("check oci:somewhere"),
}
"""The situations by name, in the order of the golden file."""
