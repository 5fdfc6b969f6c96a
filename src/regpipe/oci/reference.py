"""Image references: the grammar and its defaults.

    [registry/]repository[:tag][@digest]

The grammar and defaults are those of github.com/distribution/reference: the first component is a
registry if it contains a dot, a colon or a capital letter, or is `localhost`; otherwise the default
registry applies. On Docker Hub a one-component name is under `library/`. With both a tag and a
digest, the digest decides, and both are kept; with neither, the tag is `latest`.

A scheme in front (`http://`, `https://`, `docker://`) is accepted too. References to local sources
(`oci:DIR[:tag]` and archives, see local_names.py) have the same type: their `registry` is the
source, and their `repository` is empty if the name has none.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from regpipe.errors import InputError
from regpipe.oci import local_names
from regpipe.oci.local_names import is_local
from regpipe.text import quoted, without_password

HUB = "docker.io"
HUB_URL = "https://registry-1.docker.io"
NAME_LIMIT = 255

HUB_HOSTS = frozenset({HUB, "index.docker.io", "registry-1.docker.io"})
_HOST_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = re.compile(rf"(?:{_HOST_LABEL}(?:\.{_HOST_LABEL})*\.?|\[[a-fA-F0-9:]+\])(?::[0-9]{{1,5}})?")
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+")
_ENCODED = {
    "sha256": re.compile("[a-f0-9]{64}"),
    "sha384": re.compile("[a-f0-9]{96}"),
    "sha512": re.compile("[a-f0-9]{128}"),
}
# A path may contain an `@` too, so not everything after one is a digest.
_LIKE_A_PORT = re.compile(r"[^:]*:[0-9]{1,5}")
"""What is not taken for a digest in a reference: `user:password@host:5000` would be one."""
_API_PATH = re.compile(r"v2/(.+)/(?:manifests|tags|blobs|referrers)/")
_LOCAL_DIGEST = re.compile(r"@((?:sha|blake)\d+:[^/@]*)$")
_DIGEST_HINT = "a digest is written algorithm:hex, as in sha256:<64 hex digits>"
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?")
_WEB_SCHEME = re.compile(r"(https?|docker)://", re.IGNORECASE)


class Reference(NamedTuple):
    """One repository, or one image in it.

    `registry` is the registry's base URL (`https://my.registry:5000`) or, for a local source, its
    scheme and path (`oci:DIR`). `tag` and `digest` are None in a reference to a repository.
    `resolved` is the digest that a record says the tag leads to; it is not part of the name.
    """

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None
    resolved: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether this is in a layout or an archive on disk, not on a server."""
        return is_local(self.registry)

    @property
    def target(self) -> str:
        """The tag or digest to request: a digest if there is one, and `latest` if neither.

        For a local source without either it is empty: that source has its own default.
        """
        return self.exact or self.tag or ("" if self.is_local else "latest")

    @property
    def exact(self) -> str | None:
        """The digest to request instead of the tag, if there is one."""
        return self.digest or self.resolved

    @property
    def pinned(self) -> str | None:
        """`host/repository@digest`; None without a digest, and for a local source."""
        if self.is_local or not self.exact:
            return None
        return f"{host_of(self.registry)}/{self.repository}@{self.exact}"

    def __str__(self) -> str:
        """Return the form that docker and crane accept."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        if self.is_local:
            named = self.repository not in ("", local_names.default_repository(self.registry))
            repository = f":{self.repository}" if named and (tag or not digest) else ""
            return f"{self.registry}{repository}{tag}{digest}"
        slash = "/" if self.repository else ""
        return f"{host_of(self.registry)}{slash}{self.repository}{tag}{digest}"


class Defaults(NamedTuple):
    """The defaults for references.

    Attributes:
        registry: the base URL of the registry where none is named.
        plain_http: whether registries without a scheme are reached by plain HTTP.
        plain_http_hosts: the `host[:port]` of those that are in any case.
    """

    registry: str = HUB_URL
    plain_http: bool = False
    plain_http_hosts: frozenset[str] = frozenset()


def host_of(registry: str) -> str:
    """Return the `host[:port]` of a base URL for use in references; Docker Hub's is docker.io.

    A host without a dot gets an explicit port; otherwise it would be parsed as a repository.
    """
    scheme, _, host = registry.partition("://")
    if host in HUB_HOSTS:
        return HUB
    return host if _is_host(host) else f"{host}:{443 if scheme == 'https' else 80}"


def parse_registry(text: str, defaults: Defaults | None = None) -> str:
    """Return the base URL of a registry as users write it, or a local source.

    Args:
        text: `my.registry:5000`, `http://some.host`, `docker.io` or `oci:DIR`.
        defaults: which registries are reached by plain HTTP where there is no scheme.

    Raises:
        InputError: not a host, or with a path.
    """
    if is_local(text):
        return _local_source(text)
    scheme, rest = _split_scheme(text)
    host = rest.rstrip("/")
    if not _HOST.fullmatch(host):
        hint = "a registry is a host with an optional port, and has no path" if "/" in host else ""
        raise _invalid(text, hint or "a registry is written host[:port]", what="registry")
    return _base_url(host, scheme, defaults or Defaults())


def parse_repository(text: str, defaults: Defaults) -> Reference:
    """Parse the name of a repository, or of an image in it; see `parse`.

    Returns:
        The reference; it has neither a tag nor a digest if the text has none.

    Raises:
        InputError: not a repository name.
    """
    return _parse_local(text, split=_whole) if is_local(text) else _parse(text, defaults)


def parse(text: str, defaults: Defaults) -> Reference:
    """Parse a reference to an image.

    Args:
        text: the reference as typed or pasted.
        defaults: the registry and scheme for references that name none.

    Returns:
        The reference; its tag is `latest` if the text has neither a tag nor a digest.

    Raises:
        InputError: the text does not match the grammar.
    """
    if is_local(text):
        return _parse_local(text, split=local_names.split_name)
    ref = _parse(text, defaults)
    return ref if ref.tag or ref.digest else ref._replace(tag="latest")


def check_repository(name: str) -> str:
    """Return a repository path unchanged.

    Raises:
        InputError: it does not match the grammar, and must not be used in a URL.
    """
    if not _REPOSITORY.fullmatch(name) or len(name) > NAME_LIMIT:
        raise InputError(f"{quoted(name)} is not a valid repository name", code="NAME_INVALID")
    return name


def check_tag(tag: str) -> str:
    """Return a tag unchanged.

    Raises:
        InputError: it does not match the grammar, and must not be used in a URL.
    """
    if not _TAG.fullmatch(tag):
        raise InputError(f"{quoted(tag)} is not a valid tag", code="TAG_INVALID")
    return tag


def is_digest(text: object) -> bool:
    """Tell whether a value is a well-formed digest (image-spec descriptor.md, "Digests").

    For registered algorithms the encoded part is lower-case hex of a fixed length; for others only
    its characters are checked.
    """
    if not isinstance(text, str) or not _DIGEST.fullmatch(text):
        return False
    algorithm, _, encoded = text.partition(":")
    form = _ENCODED.get(algorithm)
    return form is None or form.fullmatch(encoded) is not None


def _parse(text: str, defaults: Defaults) -> Reference:
    scheme, rest = _split_scheme(text)
    name, digest_mark, digest = rest.partition("@")
    head, slash, tail = name.partition("/")
    # After a scheme the first component is always the registry.
    explicit = scheme in ("http", "https")
    named = slash and (explicit or _is_host(head))
    if not named and explicit:
        raise _invalid(text, "write the registry and the repository after the scheme")
    registry = _base_url(head, scheme, defaults) if named else defaults.registry
    repository, tag_mark, tag = (tail if named else name).partition(":")
    if named and not _HOST.fullmatch(head):
        raise _invalid(text, f"{quoted(head)} is not a valid host[:port]")
    if registry == HUB_URL and "/" not in repository:
        if re.fullmatch("[a-f0-9]{64}", repository):
            raise _invalid(text, "64 hexadecimal digits are an image ID: write repository@sha256:…")
        repository = f"library/{repository}"
    if explicit and (api := _API_PATH.match(repository)):
        raise _invalid(text, f"it is a URL of the registry's API; write {head}/{api[1]}[:TAG]")
    if not _REPOSITORY.fullmatch(repository):
        raise _invalid(text, _repository_hint(name.removesuffix(tag_mark + tag), repository))
    if len(repository) > NAME_LIMIT:
        raise _invalid(text, f"a repository name has at most {NAME_LIMIT} characters")
    if tag_mark and not _TAG.fullmatch(tag):
        raise _invalid(text, "a tag has 1 to 128 letters, digits, '_', '.' or '-'")
    if digest_mark and (not is_digest(digest) or _LIKE_A_PORT.fullmatch(digest)):
        raise _invalid(text, _DIGEST_HINT)
    return Reference(registry, repository, tag or None, digest or None)


def _is_host(head: str) -> bool:
    """Tell whether a reference's first component is a registry (reference's normalize.go)."""
    return head == "localhost" or head != head.lower() or "." in head or ":" in head


def _split_scheme(text: str) -> tuple[str, str]:
    if without_password(text) != text:
        raise _invalid(text, "credentials are not allowed in it: use --user and --password-stdin")
    match = _WEB_SCHEME.match(text)
    if not match:
        return "", text
    return match[1].lower(), text[match.end() :]


def _base_url(host: str, scheme: str, defaults: Defaults) -> str:
    if host in HUB_HOSTS:
        return HUB_URL
    if scheme not in ("http", "https"):
        plain = defaults.plain_http or host in defaults.plain_http_hosts
        scheme = "http" if plain or _LOOPBACK.fullmatch(host) else "https"
    return f"{scheme}://{host}"


def _local_source(text: str) -> str:
    try:
        return local_names.source_at(text)
    except ValueError as error:
        raise _invalid(text, str(error)) from error


def _parse_local(text: str, split: Callable[[str], tuple[str, str]]) -> Reference:
    """Parse `scheme:PATH[:NAME][@digest]`; `split` gives the repository and tag of NAME."""
    at = _LOCAL_DIGEST.search(text)
    rest, digest = (text[: at.start()], at[1]) if at else (text, None)
    if digest and not is_digest(digest):
        raise _invalid(text, _DIGEST_HINT)
    try:
        source = local_names.split_source(rest)
    except ValueError as error:
        raise _invalid(text, str(error)) from error
    repository, tag = split(source.name)
    return Reference(source.registry, repository, tag or None, digest)


def _whole(name: str) -> tuple[str, str]:
    """Split a name in a local source that is a repository unless it has a tag."""
    repository, colon, tag = name.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (name, "")


def _repository_hint(name: str, repository: str) -> str:
    lowered = repository.lower()
    if lowered != repository and _REPOSITORY.fullmatch(lowered):
        return f"repository names are in lower case; did you mean {name.lower()}?"
    return "a repository is lower-case words joined by '/', '.', '_' or '-'"


def _invalid(text: str, hint: str, what: str = "reference") -> InputError:
    return InputError(f"{quoted(text)} is not a valid {what}: {hint}", code="REFERENCE_INVALID")
