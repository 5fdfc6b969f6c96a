"""Certificates for loopback servers, issued by the tests' own authority."""

import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

NAMES = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, in PEM files."""

    cert: Path
    key: Path


class Authority:
    """A certificate authority with its files in one directory; `ca` is what clients must trust.

    Args:
        directory: where the files are made.
        parent: the authority that issued it; None for a root.
        key_ids: whether its certificates have key identifiers (RFC 5280, 4.2.1.1 and 4.2.1.2).
    """

    def __init__(
        self, directory: Path, parent: "Authority | None" = None, *, key_ids: bool = True
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._key_ids = key_ids
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _common_name(f"regpipe test {'intermediate' if parent else 'authority'}")
        issuer = parent or self
        builder = (
            _builder(self._name, issuer._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_key_usage(sign_certificates=True), critical=True)
        )
        if key_ids:
            identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
            builder = builder.add_extension(identifier, critical=False)
        certificate = builder.sign(issuer._key, hashes.SHA256())
        self.ca = directory / "ca.crt"
        self.ca.write_bytes(certificate.public_bytes(Encoding.PEM))

    def issue(self, name: str, hosts: tuple[str, ...] = NAMES, *, days: int = 30) -> Pair:
        """Issue a certificate for servers at these hosts, and for a client of this name.

        Args:
            name: the common name and the name of the files.
            hosts: DNS names and IP addresses.
            days: its validity from now; negative for an expired certificate.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        uses = [x509.OID_SERVER_AUTH, x509.OID_CLIENT_AUTH]
        builder = (
            _builder(_common_name(name), self._name, key, days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([_san(host) for host in hosts]), False)  # noqa: FBT003
            .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
            .add_extension(_key_usage(sign_certificates=False), critical=True)
        )
        if self._key_ids:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
            builder = builder.add_extension(identifier, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        pair = Pair(self._directory / f"{name}.crt", self._directory / f"{name}.key")
        pair.cert.write_bytes(certificate.public_bytes(Encoding.PEM))
        pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return pair

    def server_side(
        self, pair: Pair | None = None, *, client_certs: bool = False
    ) -> ssl.SSLContext:
        """Return a server's TLS context; `client_certs` requires this authority's clients."""
        pair = pair or self.issue("server")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.cert, pair.key)
        if client_certs:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.ca)
        return context


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int = 30
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=60))
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _san(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )
