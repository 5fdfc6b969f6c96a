"""TLS, proxies and blob stores with real servers: nginx, tinyproxy, Debian's registry."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import fronts, images
from support.blobs import Image
from support.cli import PROXY_PASSWORD, USER, Result, run, run_process
from support.clients import AUTHORIZATION, Canary, registry
from support.fronts import Front
from support.scripted import Scripted
from support.servers import Registry, running
from support.tls import NAMES, Authority


@pytest.fixture(scope="module")
def image() -> Image:
    return images.oci()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("registry")


@pytest.fixture(scope="module")
def plain(directory: Path, image: Image) -> Iterator[Registry]:
    """Debian's registry over plain HTTP, with team/app:v1."""
    with running("docker-registry", directory) as made:
        made.pusher().push("team/app", "v1", image)
        yield made


@pytest.fixture(scope="module")
def front(
    tmp_path_factory: pytest.TempPathFactory, plain: Registry, authority: Authority
) -> Iterator[Front]:
    """nginx as its TLS reverse proxy."""
    pair = authority.issue("front", (*NAMES, "0.0.0.0"))
    with fronts.tls_front(plain, tmp_path_factory.mktemp("front"), pair) as made:
        yield made


def manifests(front: Front, *options: object) -> Result:
    return run(
        [
            "manifests",
            f"{front.url}/team/app:v1",
            *options,
        ]
    )


def test_an_untrusted_certificate_is_reported_with_ways_to_trust_it(front: Front) -> None:
    before = len(front.requests())
    result = manifests(front)
    assert (result.code, len(result.errors)) == (5, 1)
    assert "TLS_FAILED" in result.err
    assert "give its CA certificate with --cacert" in result.err
    assert f"certs.d/{front.host}/ca.crt" in result.err
    assert "-k skips the check" in result.err
    assert len(front.requests()) == before


@pytest.mark.parametrize("way", ["--cacert", "-k", "--insecure", "REGPIPE_INSECURE", "certs.d"])
def test_a_certificate_can_be_trusted_or_not_verified(  # noqa: PLR0917 -- fixtures
    front: Front,
    authority: Authority,
    image: Image,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    options: list[object] = []
    if way == "--cacert":
        options = [way, authority.ca]
    elif way == "REGPIPE_INSECURE":
        monkeypatch.setenv(way, "1")
    elif way == "certs.d":
        folder = home / ".config/containers/certs.d" / front.host
        folder.mkdir(parents=True)
        shutil.copy(authority.ca, folder / "any.crt")
    else:
        options = [way]
    result = manifests(front, *options)
    assert [record["digest"] for record in result.records] == [image.digest]
    assert (result.code, result.err) == (0, "")


def test_regpipe_insecure_0_means_off(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGPIPE_INSECURE", "0")
    assert manifests(front).code == 5


def test_cacert_does_not_replace_the_systems_roots(
    front: Front, authority: Authority, tmp_path: Path, image: Image
) -> None:
    """A given CA is trusted in addition to those of the system."""
    other = Authority(tmp_path / "other")
    env = {"SSL_CERT_FILE": str(authority.ca)}
    with Scripted(tls=other.server_side()) as second:
        second.add("team/app", "v1", image)
        refs = [f"{front.url}/team/app:v1", f"{second.url}/team/app:v1"]
        result = run_process(["manifests", *refs, "--cacert", str(other.ca)], env=env)
    assert (result.code, len(result.records)) == (0, 2), result.err


@pytest.mark.parametrize(
    ("days", "hosts", "message", "connections"),
    [
        (-1, ("127.0.0.1",), "has expired", 1),
        # The second connection is to read the names; nothing is sent on it.
        (30, ("other.test", "*.b.test"), "(valid for other.test, *.b.test): use a name", 2),
    ],
    ids=["expired", "other name"],
)
def test_an_invalid_certificate_is_reported_with_the_reason(
    authority: Authority, days: int, hosts: tuple[str, ...], message: str, connections: int
) -> None:
    pair = authority.issue(f"bad{days}", hosts, days=days)
    with Scripted(tls=authority.server_side(pair)) as server:
        words = ["tags", f"{server.url}/team/app", f"{server.url}/team/other"]
        result = run([*words, "-j", 1, "--cacert", authority.ca])
        assert (result.code, len(result.errors)) == (5, 2)
        assert all(message in line for line in result.errors)
        assert server.connections == connections + 1
        assert server.requests == []


def test_the_wrong_scheme_is_reported_with_the_right_one(front: Front, plain: Registry) -> None:
    result = run(["tags", f"http://{front.host}/team/app"])
    assert "this is an HTTPS registry: write https://" in result.err
    result = run(["tags", f"https://{plain.host}/team/app"])
    assert "this is an HTTP registry: write http://" in result.err
    assert "--plain-http" in result.err


def test_a_client_certificate_is_sent_from_options_and_certs_d(
    tmp_path: Path, plain: Registry, authority: Authority, home: Path
) -> None:
    pair, mine = authority.issue("mutual"), authority.issue("me")
    with fronts.tls_front(plain, tmp_path / "mutual", pair, client_ca=authority.ca) as mutual:
        trust = ["--cacert", authority.ca]
        assert "400" in manifests(mutual, *trust).err
        shown = [*trust, "--cert", mine.cert, "--key", mine.key]
        assert manifests(mutual, *shown).code == 0
        both = tmp_path / "both.pem"
        both.write_bytes(mine.cert.read_bytes() + mine.key.read_bytes())
        assert manifests(mutual, *trust, "--cert", both).code == 0
        folder = home / ".config/containers/certs.d" / mutual.host
        folder.mkdir(parents=True)
        for source, name in (
            (authority.ca, "ca.crt"),
            (mine.cert, "me.cert"),
            (mine.key, "me.key"),
        ):
            shutil.copy(source, folder / name)
        assert manifests(mutual).code == 0
        assert {one.client for one in mutual.requests(1) if one.status < 400} == {"CN=me"}
        (folder / "me.key").unlink()
        result = manifests(mutual)
        assert "half of a client certificate" in result.err
        assert result.code == 2


def test_a_missing_or_unknown_client_certificate_is_reported(
    tmp_path: Path, authority: Authority, image: Image
) -> None:
    mine = authority.issue("me2")
    context = authority.server_side(client_certs=True)
    with Scripted(tls=context) as server:
        server.add("team/app", "v1", image)
        ref, trust = f"{server.url}/team/app:v1", ["--cacert", authority.ca]
        result = run(["manifests", ref, *trust])
        assert "requires a client certificate: --cert FILE --key FILE" in result.err
        stranger = Authority(tmp_path / "stranger").issue("stranger")
        result = run(["manifests", ref, *trust, "--cert", stranger.cert, "--key", stranger.key])
        assert "does not accept the client certificate" in result.err
        assert server.requests == []
        assert run(["manifests", ref, *trust, "--cert", mine.cert, "--key", mine.key]).code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--cacert", "/nonexistent"], "No such file or directory"),
        (["--cert", "/nonexistent"], "No such file or directory"),
        (["--key", "/nonexistent"], "--key must be used together with --cert"),
        (["--cacert", __file__], "no CA certificates in"),
        (["--cert", __file__], "no client certificate and key in"),
        (["--jobs", "0"], "must be auto or between 1"),
        (["--retries", "x"], "must be between 0"),
        (["--min-remaining", "-1"], "must be between 0"),
    ],
)
def test_an_unusable_option_value_is_a_usage_error(
    front: Front, options: list[str], message: str
) -> None:
    result = manifests(front, *options)
    assert result.code == 2
    assert message in result.err


def test_a_blob_store_on_another_host_gets_no_credentials(
    tmp_path: Path, directory: Path, plain: Registry, authority: Authority, image: Image
) -> None:
    """nginx redirects to another nginx, which serves the blobs as files."""
    pair, mine = authority.issue("both"), authority.issue("me3")
    assert image.config
    with (
        fronts.blob_store(directory, tmp_path / "store", pair) as store,
        fronts.tls_front(
            plain, tmp_path / "front", pair, client_ca=authority.ca, store=store
        ) as front,
    ):
        options = {"cacert": authority.ca, "cert": mine.cert, "key": mine.key}
        found = registry(front.url, Canary(), **options)
        for _ in range(2):
            assert found.manifest("team/app", "v1").digest == image.digest
            config = image.config.descriptor()
            assert found.blob("team/app", config, 1 << 20) == image.config.data
        assert {(one.authorization, one.client) for one in front.requests(4)} == {
            (AUTHORIZATION, "CN=me3")
        }
        assert [(one.authorization, one.client) for one in store.requests(2)] == [("", "")] * 2


def test_proxy_variables_and_no_proxy(
    tmp_path: Path,
    plain: Registry,
    front: Front,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A proxy is never used for loopback; 0.0.0.0 reaches it but does not count as loopback.
    plain_url, front_url = (x.url.replace("127.0.0.1", "0.0.0.0") for x in (plain, front))
    ref, secure = f"{plain_url}/team/app:v1", f"{front_url}/team/app:v1"
    trust = ["--cacert", authority.ca]
    with fronts.proxy(tmp_path / "proxy", password=True) as proxy:
        address = proxy.url.replace("://", f"://{USER}:{PROXY_PASSWORD}@")
        monkeypatch.setenv("HTTP_PROXY", address)
        monkeypatch.setenv("https_proxy", address)
        assert run(["manifests", ref]).code == 0
        assert f"{plain_url}/v2/team/app/manifests/v1" in [one.path for one in proxy.requests()]
        assert run(["manifests", secure, *trust]).code == 0
        assert ("CONNECT", front.host.replace("127.0.0.1", "0.0.0.0")) in [
            one[:2] for one in proxy.requests()
        ]
        before = len(proxy.requests())
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "0.0.0.0,other.test")
            assert run(["manifests", ref]).code == 0
            assert run(["manifests", secure, *trust]).code == 0
            monkeypatch.delenv(name)
        assert len(proxy.requests()) == before
        monkeypatch.setenv("https_proxy", proxy.url.replace("://", f"://{USER}:wrong@"))
        result = run(["manifests", secure, *trust])
        assert (result.code, len(result.errors)) == (5, 1)
        assert f"the proxy {proxy.host} for 0.0.0.0" in result.err
        assert "responded with 401" in result.err  # tinyproxy sends it in place of 407
        assert "wrong" not in result.err
    monkeypatch.setenv("https_proxy", address)
    result = run(["manifests", secure, *trust])
    assert "cannot reach the proxy" in result.err
    assert "connection refused" in result.err
    assert PROXY_PASSWORD not in result.err


def test_an_unknown_host_is_reported() -> None:
    result = run(["tags", "registry.invalid/team/app"])
    assert (result.code, len(result.errors)) == (5, 1)
    assert "host not found" in result.err
