"""nginx and tinyproxy as the tests start them: a TLS reverse proxy, a blob store, a proxy."""

from collections.abc import Callable
from pathlib import Path

import requests

from support import fronts, images
from support.cli import PROXY_PASSWORD, USER
from support.servers import Registry, running
from support.tls import Authority


def session(**settings: object) -> requests.Session:
    """Return a client whose requests count as regpipe's in the logs."""
    made = requests.Session()
    made.trust_env = False
    made.headers["User-Agent"] = "other/1.0"
    for name, value in settings.items():
        setattr(made, name, value)
    return made


def test_nginx_with_tls_redirects_blobs_to_the_blob_store(
    tmp_path: Path, authority: Authority
) -> None:
    pair, mine = authority.issue("front"), authority.issue("client")
    with (
        running("docker-registry", tmp_path / "registry") as registry,
        fronts.blob_store(tmp_path / "registry", tmp_path / "store") as store,
        fronts.tls_front(
            registry, tmp_path / "front", pair, client_ca=authority.ca, store=store
        ) as front,
    ):
        with registry.pusher() as pusher:
            image = pusher.push("team/app", "v1", images.oci())
        assert image.config is not None
        client = session(verify=str(authority.ca), cert=(str(mine.cert), str(mine.key)))
        assert client.get(f"{front.url}/v2/team/app/tags/list").json()["tags"] == ["v1"]
        blob = client.get(f"{front.url}/v2/team/app/blobs/{image.config.digest}")
        assert blob.content == image.config.data
        assert blob.url.startswith(store.url)
        assert [one.client for one in front.requests(2)] == ["CN=client"] * 2
        assert [(one.path.partition("?")[2], one.status) for one in store.requests(1)] == [
            ("X-Signature=secret", 200)
        ]


def test_the_proxy_forwards_and_logs_requests(
    tmp_path: Path, start_registry: Callable[..., Registry]
) -> None:
    registry = start_registry("docker-registry")
    with fronts.proxy(tmp_path / "proxy") as proxy:
        assert session(proxies={"http": proxy.url}).get(f"{registry.url}/v2/").ok
        assert [one.path for one in proxy.requests(1)] == [f"{registry.url}/v2/"]


def test_the_proxy_can_require_a_password(
    tmp_path: Path, start_registry: Callable[..., Registry]
) -> None:
    registry = start_registry("docker-registry")
    with fronts.proxy(tmp_path / "proxy", password=True) as proxy:
        bare = session(proxies={"http": proxy.url}).get(f"{registry.url}/v2/")
        assert bare.status_code == 407
        named = proxy.url.replace("://", f"://{USER}:{PROXY_PASSWORD}@")
        assert session(proxies={"http": named}).get(f"{registry.url}/v2/").ok
