"""TLS contexts: certs.d folders, certificate files, and messages about them."""

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from regpipe.errors import UsageError
from regpipe.transport import tls
from regpipe.transport.tls import Identity, Policy
from support.tls import Authority


def certs_d(home: Path, host: str, *names: str) -> Path:
    folder = home / ".config/containers/certs.d" / host
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text("")
    return folder


def test_a_folder_has_authorities_and_an_identity(home: Path) -> None:
    folder = certs_d(home, "a.test:5000", "b.crt", "a.crt", "me.cert", "me.key", "README", "x.pem")
    authorities, identity = tls.folder("a.test:5000")
    assert authorities == (f"{folder}/a.crt", f"{folder}/b.crt")
    assert identity == Identity(f"{folder}/me.cert", f"{folder}/me.key")


@pytest.mark.parametrize("netloc", ["a.test", "a.test:5001", "b.a.test:5000", "test:5000"])
def test_a_folder_is_for_its_host_and_port_alone(home: Path, netloc: str) -> None:
    certs_d(home, "a.test:5000", "a.crt")
    assert tls.folder(netloc) == ((), None)


def test_docker_hub_is_called_by_its_name(home: Path) -> None:
    certs_d(home, "docker.io", "a.crt")
    assert len(tls.folder("registry-1.docker.io")[0]) == 1


def test_the_first_place_counts_even_if_it_is_empty(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certs_d(home, "a.test")
    second = tmp_path / "a.test"
    second.mkdir()
    (second / "a.crt").write_text("")
    monkeypatch.setattr(tls, "_DIRECTORIES", (tls._DIRECTORIES[0], str(tmp_path)))
    assert tls.folder("a.test") == ((), None)
    (home / ".config/containers/certs.d/a.test").rmdir()
    assert tls.folder("a.test") == ((f"{second}/a.crt",), None)


@pytest.mark.parametrize("name", ["me.cert", "me.key"])
def test_half_a_pair_is_an_error(home: Path, name: str) -> None:
    certs_d(home, "a.test", name)
    with pytest.raises(UsageError, match="half of a client certificate"):
        tls.folder("a.test")


def test_an_encrypted_key_is_refused(authority: Authority, tmp_path: Path) -> None:
    pair = authority.issue("locked")
    key = load_pem_private_key(pair.key.read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    )
    with pytest.raises(UsageError, match="the key is encrypted"):
        tls.context(Policy(identity=Identity(str(pair.cert), str(locked))))


def test_a_key_of_another_certificate_is_refused(authority: Authority) -> None:
    one, two = authority.issue("one"), authority.issue("two")
    with pytest.raises(UsageError, match="no client certificate and key in"):
        tls.context(Policy(identity=Identity(str(one.cert), str(two.key))))


def test_authorities_are_added_to_the_systems(authority: Authority) -> None:
    before = tls.context(Policy()).cert_store_stats()["x509_ca"]
    after = tls.context(Policy(authorities=(str(authority.ca),))).cert_store_stats()["x509_ca"]
    assert after == before + 1


STRICT = ssl.VerifyFlags.VERIFY_X509_STRICT
PARTIAL = ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN


@pytest.mark.parametrize("default", [ssl.VerifyFlags(0), STRICT, PARTIAL, STRICT | PARTIAL])
@pytest.mark.parametrize("insecure", [False, True])
def test_accepted_certificates_do_not_depend_on_pythons_defaults(
    monkeypatch: pytest.MonkeyPatch,
    default: ssl.VerifyFlags,
    insecure: bool,  # noqa: FBT001
) -> None:
    ordinary = ssl.create_default_context

    def create() -> ssl.SSLContext:
        made = ordinary()
        made.verify_flags = default
        return made

    monkeypatch.setattr(ssl, "create_default_context", create)
    flags = tls.context(Policy(insecure=insecure)).verify_flags
    assert flags & PARTIAL
    assert not flags & STRICT


def test_only_insecure_turns_checks_off() -> None:
    given = tls.context(Policy())
    assert (given.verify_mode, given.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert given.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert tls.context(Policy(insecure=True)).verify_mode == ssl.CERT_NONE


def test_names_are_those_of_hosts() -> None:
    alternatives = (("DNS", "a.test"), ("email", "me@a.test"), ("IP Address", "192.0.2.7"))
    assert tls.names({"subjectAltName": alternatives}) == ("a.test", "192.0.2.7")
    assert tls.names({"subject": ((("commonName", "a.test"),),)}) == ()


@pytest.mark.parametrize(
    ("valid", "shown"),
    [
        ((), "r.test:"),
        (("a.test",), "r.test (valid for a.test):"),
        (tuple("abcdefg"), "r.test (valid for a, b, c, d, e and 2 more):"),
        (("x" * 300, "\x1b[2J"), f"r.test (valid for {'x' * 100}, \\x1b[2J):"),
    ],
)
def test_a_certificate_for_another_name_is_told_with_its_names(
    valid: tuple[str, ...], shown: str
) -> None:
    error = ssl.SSLCertVerificationError(1, "mismatch")
    error.verify_code = 62
    assert tls.is_about_name(error)
    message = tls.advice(error, "r.test", Policy(), valid)
    assert message == (
        f"the certificate is not valid for {shown} use a name that it is for; -k skips the check"
    )


def test_a_certificate_may_be_read_whatever_its_name_but_not_whoever_issued_it() -> None:
    made = tls.context(Policy(any_name=True))
    assert (made.verify_mode, made.check_hostname) == (ssl.CERT_REQUIRED, False)
