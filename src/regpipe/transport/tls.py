"""TLS contexts, certs.d folders, and what to do about certificate errors.

Folders are those of containers-certs.d(5): of the three places, the first with a folder for the
host counts; `*.crt` are CAs, `NAME.cert` with `NAME.key` a client certificate. Other than with
requests, CAs are added to the system's and do not replace them.
"""

import os
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from regpipe.errors import UsageError
from regpipe.oci.reference import HUB, HUB_URL
from regpipe.system import directories
from regpipe.text import printable

_DIRECTORIES = ("~/.config/containers/certs.d", "/etc/containers/certs.d", "/etc/docker/certs.d")
_HUB_HOST = HUB_URL.partition("://")[2]


class Identity(NamedTuple):
    """The file of a client certificate, and that of its key; None if that is in `cert` too."""

    cert: str
    key: str | None = None


class Policy(NamedTuple):
    """What a TLS context is made from.

    Attributes:
        insecure: do not verify certificates.
        authorities: files of CA certificates to trust besides the system's.
        identity: the client certificate; None without one.
        any_name: accept a certificate for another name, to read what is in it.
    """

    insecure: bool = False
    authorities: tuple[str, ...] = ()
    identity: Identity | None = None
    any_name: bool = False


def context(policy: Policy) -> ssl.SSLContext:
    """Return the TLS context for a policy.

    Raises:
        UsageError: one of its files cannot be read, or holds no certificate.
    """
    made = ssl.create_default_context()
    made.minimum_version = ssl.TLSVersion.TLSv1_2  # Debian's Python leaves it to OpenSSL's file
    # Python's defaults differ: 3.13 is strict about extensions (a CA without key identifier), and
    # earlier ones take no intermediate CA or server certificate as an anchor, as curl and Go do.
    made.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    made.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    if not _system_has_roots():
        made.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    for path in policy.authorities:
        _trust(made, path)
    if policy.insecure or policy.any_name:
        made.check_hostname = False
    if policy.insecure:
        made.verify_mode = ssl.CERT_NONE
    if policy.identity:
        cert, key = policy.identity
        try:
            made.load_cert_chain(cert, key, password=_no_password)
        except (OSError, ValueError) as error:
            files = ascii(cert) if key is None else f"{ascii(cert)} and {ascii(key)}"
            raise UsageError(f"no client certificate and key in {files}: {_why(error)}") from error
    return made


def _trust(made: ssl.SSLContext, path: str) -> None:
    try:
        made.load_verify_locations(path)
    except OSError as error:
        raise UsageError(f"no CA certificates in {ascii(path)}: {_why(error)}") from error


def folder(netloc: str) -> tuple[tuple[str, ...], Identity | None]:
    """Return the CAs and the client certificate that certs.d folders hold for a registry.

    Args:
        netloc: the registry's `host[:port]`.

    Raises:
        UsageError: a folder cannot be read, or half of a pair is missing.
    """
    host = HUB if netloc == _HUB_HOST else netloc
    for directory in _DIRECTORIES:
        if (parent := directories.expanded(directory)) is None:
            continue
        path = f"{parent}/{host}"
        try:
            names = sorted(os.listdir(path))  # noqa: PTH208
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise UsageError(f"cannot read {ascii(path)}: {error.strerror}") from error
        return _sorted_out(path, names)
    return (), None


def _sorted_out(path: str, names: list[str]) -> tuple[tuple[str, ...], Identity | None]:
    authorities = tuple(f"{path}/{name}" for name in names if name.endswith(".crt"))
    certs = {name[:-5] for name in names if name.endswith(".cert")}
    keys = {name[:-4] for name in names if name.endswith(".key")}
    for stem in sorted(certs ^ keys):
        missing = f"{stem}.key" if stem in certs else f"{stem}.cert"
        raise UsageError(f"{ascii(path)} has half of a client certificate: no {ascii(missing)}")
    identities = [Identity(f"{path}/{stem}.cert", f"{path}/{stem}.key") for stem in sorted(certs)]
    return authorities, identities[0] if identities else None


def names(certificate: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the host names and addresses that a certificate is valid for.

    Args:
        certificate: as `SSLSocket.getpeercert` returns it.
    """
    found = certificate.get("subjectAltName", ())
    return tuple(value for kind, value in found if kind in ("DNS", "IP Address"))


def is_about_name(error: ssl.SSLError) -> bool:
    """Tell whether a certificate is trusted, but for another name."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return False
    return error.verify_code in (_HOSTNAME, _ADDRESS)


def advice(error: ssl.SSLError, netloc: str, policy: Policy, valid: Sequence[str] = ()) -> str:
    """Return what a TLS error means and what to do about it.

    Args:
        error: the error.
        netloc: the server's `host[:port]`.
        policy: what is trusted and sent already, and so not advised.
        valid: the names that the certificate is valid for, if they are known.
    """
    if is_about_name(error):
        return (
            f"the certificate is not valid for {netloc}{_listed(valid)}:"
            " use a name that it is for; -k skips the check"
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{_distrust(error, netloc, policy.authorities)}; -k skips the check"
    reason = error.reason or ""
    if reason in _NOT_TLS:
        return "this is an HTTP registry: write http:// before its name, or use --plain-http"
    lacking = "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason
    if lacking and policy.identity is None:
        return f"{netloc} requires a client certificate: --cert FILE --key FILE"
    if "CERTIFICATE" in reason or "UNKNOWN_CA" in reason:
        return f"{netloc} does not accept the client certificate ({_words(reason)})"
    return f"TLS with {netloc} failed ({_words(reason) or 'no reason given'})"


def is_final(error: ssl.SSLError) -> bool:
    """Tell whether another attempt would fail in the same way."""
    reason = error.reason or ""
    return (
        isinstance(error, ssl.SSLCertVerificationError)
        or reason in _NOT_TLS
        or "ALERT" in reason
        or "VERSION" in reason
    )


_NOT_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
)
_NAMES_SHOWN, _NAME_LENGTH = 5, 100
_EXPIRED, _NOT_YET, _HOSTNAME, _ADDRESS = 10, 9, 62, 64  # X509_V_ERR_… of OpenSSL


def _distrust(
    error: ssl.SSLCertVerificationError, netloc: str, authorities: tuple[str, ...]
) -> str:
    if error.verify_code == _EXPIRED:
        return f"the certificate of {netloc} has expired: its operator has to renew it"
    if error.verify_code == _NOT_YET:
        return f"the certificate of {netloc} is not valid yet: is this machine's clock right?"
    if authorities:
        files = ", ".join(map(ascii, authorities))
        return (
            f"the certificate of {netloc} is not signed by an authority in {files},"
            f" nor by one of the system's ({error.verify_message})"
        )
    return (
        f"the certificate of {netloc} is not signed by a trusted authority"
        f" ({error.verify_message}): give its CA certificate with --cacert,"
        f" or put it at ~/.config/containers/certs.d/{netloc}/ca.crt"
    )


def _listed(valid: Sequence[str]) -> str:
    shown = ", ".join(printable(name[:_NAME_LENGTH]) for name in valid[:_NAMES_SHOWN])
    more = len(valid) - _NAMES_SHOWN
    return f" (valid for {shown}{f' and {more} more' if more > 0 else ''})" if valid else ""


def _system_has_roots() -> bool:
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        return True
    try:
        return bool(paths.capath and os.listdir(paths.capath))  # noqa: PTH208
    except OSError:
        return False


def _no_password() -> str:
    raise ValueError("the key is encrypted, and regpipe does not prompt for its password")


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return _words(error.reason or "") or "not in PEM form"
    return (error.strerror if isinstance(error, OSError) else str(error)) or "unreadable"


def _words(reason: str) -> str:
    return reason.replace("_", " ").lower()
