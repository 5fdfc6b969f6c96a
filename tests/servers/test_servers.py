"""The real registries as the tests start them: pushing, logs, authentication and TLS."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from support import artifacts, images, schema1
from support.cli import PASSWORD, USER
from support.push import RefusedError
from support.scripted import Scripted
from support.servers import KINDS, Options, Registry, running
from support.tls import Authority
from support.tokens import TokenService


@pytest.fixture(params=list(KINDS))
def any_registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with running(request.param, tmp_path / "registry") as registry:
        yield registry


def get(url: str, **more: object) -> requests.Response:
    """Send a GET request that counts neither as regpipe's nor as a helper's."""
    session = requests.Session()
    session.trust_env = False
    for name, value in more.items():
        setattr(session, name, value)
    return session.get(url, headers={"User-Agent": "other/1.0"}, timeout=30)


def test_every_kind_of_image_is_served_as_pushed(any_registry: Registry) -> None:
    signed = images.classic("signed")
    kinds = {
        "classic": images.classic(),
        "buildkit": images.buildkit(),
        "oci": images.oci(),
        "list": images.manifest_list(),
        "index": images.index(),
        "helm": artifacts.helm(),
        "sbom": artifacts.sbom(signed),
        artifacts.cosign_tag(signed): artifacts.cosign_signature(signed),
        "signed": signed,
    }
    with any_registry.pusher() as pusher:
        for tag, image in kinds.items():
            pusher.push("team/app", tag, image)
    for tag, image in kinds.items():
        session = requests.Session()
        session.headers["Accept"] = image.media_type
        response = session.get(f"{any_registry.url}/v2/team/app/manifests/{tag}", timeout=30)
        assert response.content == image.raw


def test_only_docker_registry_accepts_and_converts_to_schema_1(any_registry: Registry) -> None:
    old = schema1.signed("team/app", tag="old")
    with any_registry.pusher() as pusher:
        if not any_registry.kind.schema1:
            with pytest.raises(RefusedError):
                pusher.push("team/app", "old", old)
            return
        pusher.push("team/app", "old", old)
        pusher.push("team/app", "new", images.classic())
    response = get(f"{any_registry.url}/v2/team/app/manifests/old")
    assert response.headers["Docker-Content-Digest"] == old.digest
    converted = get(f"{any_registry.url}/v2/team/app/manifests/new").json()
    assert len(converted["history"]) == 4


def test_the_log_has_the_requests(any_registry: Registry) -> None:
    if not any_registry.kind.logs:
        pytest.skip(f"{any_registry.name} keeps no such log")
    with any_registry.pusher() as pusher:
        pusher.push("team/app", "v1", images.oci())
    get(f"{any_registry.url}/v2/")
    any_registry.forget()
    get(f"{any_registry.url}/v2/team/app/tags/list?n=5")
    get(f"{any_registry.url}/v2/team/app/manifests/none")
    seen = [(one.method, one.path, one.status) for one in any_registry.requests(2)]
    assert seen == [
        ("GET", "/v2/team/app/tags/list?n=5", 200),
        ("GET", "/v2/team/app/manifests/none", 404),
    ]


WITH_AUTH = ["docker-registry", "distribution3", "zot"]


@pytest.mark.parametrize("name", WITH_AUTH)
def test_htpasswd_requires_basic_credentials(
    name: str, start_registry: Callable[..., Registry]
) -> None:
    registry = start_registry(name, htpasswd=True)
    with registry.pusher() as pusher:
        pusher.push("team/app", "v1", images.oci())
    url = f"{registry.url}/v2/team/app/tags/list"
    assert get(url).headers["WWW-Authenticate"].lower().startswith("basic")
    assert get(url, auth=(USER, "wrong")).status_code == 401
    assert get(url, auth=(USER, PASSWORD)).json()["tags"] == ["v1"]


@pytest.mark.parametrize("name", WITH_AUTH)
def test_a_token_realm_requires_its_tokens(name: str, tmp_path: Path, scripted: Scripted) -> None:
    service = TokenService()
    scripted.on("/token", service)
    options = Options(realm=f"{scripted.url}/token", token_cert=service.certificate(tmp_path))
    with running(name, tmp_path / "registry", options) as registry:
        url = f"{registry.url}/v2/team/app/tags/list"
        refused = get(url)
        assert refused.status_code == 401
        assert f'realm="{scripted.url}/token"' in refused.headers["WWW-Authenticate"]
        token = service.token("push", "repository:team/app:pull,push")
        with registry.pusher(headers={"Authorization": f"Bearer {token}"}) as pusher:
            pusher.push("team/app", "v1", images.oci())
        token = service.token(USER, "repository:team/app:pull")
        accepted = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        assert accepted.json()["tags"] == ["v1"]


@pytest.mark.parametrize("name", KINDS)
def test_tls_uses_the_given_certificate(name: str, tmp_path: Path, authority: Authority) -> None:
    options = Options(tls=authority.issue("server"), ca=authority.ca)
    with running(name, tmp_path / "registry", options) as registry:
        with pytest.raises(requests.exceptions.SSLError):
            get(f"{registry.url}/v2/")
        assert get(f"{registry.url}/v2/", verify=str(authority.ca)).ok


def refused(url: str, **more: object) -> bool:
    """Return whether a request fails: most registries abort the handshake, zot sends 401."""
    try:
        return get(url, **more).status_code == 401
    except requests.RequestException:
        return True


@pytest.mark.parametrize("name", WITH_AUTH)
def test_client_ca_requires_client_certificates(
    name: str, tmp_path: Path, authority: Authority
) -> None:
    mine = authority.issue("client")
    options = Options(tls=authority.issue("server"), ca=authority.ca, client_ca=authority.ca)
    with running(name, tmp_path / "registry", options) as registry:
        trusting = {"verify": str(authority.ca)}
        assert refused(f"{registry.url}/v2/", **trusting)
        cert = (str(mine.cert), str(mine.key))
        assert get(f"{registry.url}/v2/", cert=cert, **trusting).ok


def test_a_server_that_does_not_start_fails_with_its_log(tmp_path: Path) -> None:
    with (
        pytest.raises(pytest.fail.Exception, match=r"(?s)did not start.*256\.0\.0\.1"),
        running("docker-registry", tmp_path, Options(http={"addr": "256.0.0.1:0"})),
    ):
        pass
