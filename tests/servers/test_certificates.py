"""Which certificates are accepted, and which CA certificates can be trust anchors."""

import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import images
from support.cli import Result, run
from support.scripted import Scripted
from support.tls import Authority, Pair


@pytest.fixture(autouse=True, params=["lenient", "strict"])
def python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own TLS context, and one as strict as 3.13's, which also accepts partial chains."""
    ordinary = ssl.create_default_context

    def create() -> ssl.SSLContext:
        made = ordinary()
        if request.param == "strict":
            made.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
            made.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
        return made

    monkeypatch.setattr(ssl, "create_default_context", create)


@pytest.fixture
def middle(authority: Authority, tmp_path: Path) -> Authority:
    return Authority(tmp_path / "middle", authority)


@pytest.fixture
def pair(middle: Authority) -> Pair:
    return middle.issue("below")


@pytest.fixture
def server(middle: Authority, pair: Pair) -> Iterator[Scripted]:
    """A registry that sends its certificate without the intermediate, as many do."""
    with Scripted(tls=middle.server_side(pair)) as made:
        made.add("team/app", "v1", images.oci())
        yield made


def tags(server: Scripted, *options: object) -> Result:
    return run(["tags", "--retries", "0", f"{server.url}/team/app", *options])


@pytest.mark.parametrize("anchor", ["the intermediate", "the server's own"])
def test_an_anchor_need_not_be_a_root(
    server: Scripted, middle: Authority, pair: Pair, home: Path, anchor: str
) -> None:
    file = middle.ca if anchor == "the intermediate" else pair.cert
    assert tags(server).code == 5
    assert tags(server, "--cacert", file).code == 0
    folder = home / ".config/containers/certs.d" / server.host
    folder.mkdir(parents=True)
    shutil.copy(file, folder / "anchor.crt")
    assert tags(server).code == 0


def test_certificates_without_key_identifiers_are_accepted(tmp_path: Path) -> None:
    old = Authority(tmp_path / "old", key_ids=False)
    with Scripted(tls=old.server_side()) as server:
        server.add("team/app", "v1", images.oci())
        assert tags(server, "--cacert", old.ca).code == 0


@pytest.mark.parametrize(
    ("hosts", "days", "message"),
    [
        (("other.test",), 30, "the certificate is not valid for 127.0.0.1"),
        (("127.0.0.1",), -1, "has expired"),
    ],
)
def test_a_certificate_trusted_itself_needs_the_right_name_and_date(
    authority: Authority, hosts: tuple[str, ...], days: int, message: str
) -> None:
    pair = authority.issue(f"odd{days}", hosts, days=days)
    with Scripted(tls=authority.server_side(pair)) as server:
        result = tags(server, "--cacert", pair.cert)
        assert result.code == 5
        assert message in result.err
        assert server.requests == []


def test_with_a_cacert_that_does_not_help_the_message_does_not_suggest_it(
    server: Scripted, tmp_path: Path, home: Path
) -> None:
    other = Authority(tmp_path / "other")
    result = tags(server, "--cacert", other.ca)
    assert (
        f"is not signed by an authority in '{other.ca}', nor by one of the system's" in result.err
    )
    assert "--cacert" not in result.err
    folder = home / ".config/containers/certs.d" / server.host
    folder.mkdir(parents=True)
    shutil.copy(other.ca, folder / "ca.crt")
    result = tags(server)
    assert f"'{folder}/ca.crt'" in result.err
    assert "give its CA" not in result.err
    assert server.requests == []


def test_with_a_client_certificate_the_message_does_not_suggest_one(
    authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger").issue("stranger")
    with Scripted(tls=authority.server_side(client_certs=True)) as server:
        mine = ("--cert", stranger.cert, "--key", stranger.key)
        result = tags(server, "--cacert", authority.ca, *mine)
    assert "does not accept the client certificate" in result.err
    assert "--cert" not in result.err
