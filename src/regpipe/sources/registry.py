"""A registry as a source: the distribution API's listings, manifests and blobs."""

from collections.abc import Iterator, Mapping
from typing import Any

from regpipe.errors import RegistryError, RegpipeError, ResponseError, TooLargeError
from regpipe.oci import media_types, schema1
from regpipe.oci.descriptor import HASHES, descriptors, digest_of, verify
from regpipe.oci.document import parse_document
from regpipe.oci.manifest import Manifest, read_manifest
from regpipe.oci.reference import is_digest
from regpipe.sources.base import MANIFEST_LIMIT, Checkup, Source
from regpipe.sources.listing import Listing, next_page
from regpipe.transport import PAGE_LIMIT, Response, Transport

_ACCEPT = {"Accept": media_types.ACCEPT}
# What registries without the referrers API answer to it, besides pages of HTML.
_NO_REFERRERS = frozenset({400, 404, 405, 406})
# How many of them are read at most: a list that never ends would fill the memory.
_REFERRERS_LIMIT = 10_000
# What registries answer to a HEAD that they, or something before them, do not take.
_NO_HEAD = frozenset({400, 405, 501})


class Registry(Source):
    """The registry at one base URL; threads may share it.

    Args:
        url: the base URL, such as `https://my.registry:5000`.
        transport: carries the requests.
    """

    def __init__(self, url: str, transport: Transport) -> None:
        self._url = url
        self._transport = transport
        self._takes_head = True

    def repositories(self) -> Iterator[str]:
        """Yield the registry's repositories, page by page (distribution's api.md, "Catalog")."""
        url, scope = f"{self._url}/v2/_catalog", "registry:catalog:*"
        return iter(Listing(self._transport, url, "repositories", scope))

    def tags(self, repository: str) -> Iterator[str]:
        """Yield a repository's tags, page by page (distribution-spec, "Listing Tags")."""
        url = f"{self._url}/v2/{repository}/tags/list"
        return iter(Listing(self._transport, url, "tags", _pull(repository)))

    def manifest(self, repository: str, target: str, known: Manifest | None = None) -> Manifest:
        """Return the manifest of a tag or digest (distribution-spec, "Pulling manifests").

        Args:
            repository: where.
            target: which.
            known: what the tag led to before; returned if it still does, without the registry
                having to send it again.
        """
        digest = target if ":" in target else None
        headers = _ACCEPT
        if known is not None and digest is None:
            # One tag, quoted: distribution and Harbor compare the whole value, not a list.
            headers = {**_ACCEPT, "If-None-Match": f'"{known.digest}"'}
        answer = self._get_manifest(repository, target, headers)
        if answer.status == 304 and known is not None:
            etag = answer.headers.get("etag", "")
            if not etag or known.digest in etag:
                return known
            answer = self._get_manifest(repository, target, _ACCEPT)
        content = read_manifest(answer.body, answer.headers.get("content-type", ""), digest)
        return self._checked(content, answer, digest)

    def head(self, repository: str, tag: str) -> str | None:
        """Return the digest that a tag leads to, without spending any of a rate limit on it.

        Nothing is checked: what the digest stands for has not been seen. None where the registry
        refuses HEAD or gives no digest, which the specification leaves open to it.

        Raises:
            NotFoundError: there is no such tag.
        """
        if not self._takes_head:
            return None
        url = f"{self._url}/v2/{repository}/manifests/{tag}"
        try:
            answer = self._transport.head(url, headers=_ACCEPT, scope=_pull(repository))
        except RegistryError as error:
            if error.status not in _NO_HEAD:
                raise
            self._takes_head = False
            return None
        digest = answer.headers.get("docker-content-digest")
        return digest if is_digest(digest) else None

    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:
        """Return a blob (distribution-spec, "Pulling blobs"), checked against its descriptor."""
        digest, size = descriptor["digest"], descriptor.get("size")
        if size is not None and size > limit:
            raise TooLargeError(f"blob {digest} has {size} bytes; {limit} are read at most")
        url = f"{self._url}/v2/{repository}/blobs/{digest}"
        # What is longer than it says cannot be it: a server gets no more read than that.
        most = limit if size is None else size
        body = self._transport.get(url, limit=most, scope=_pull(repository)).body
        verify(body, digest, "blob")
        if size is not None and len(body) != size:
            raise ResponseError(
                f"blob {digest} has {len(body)} bytes, not {size}", code="SIZE_INVALID"
            )
        return body

    def referrers(self, repository: str, digest: str) -> list[dict[str, Any]] | None:
        """Return what refers to a manifest (distribution-spec, "Listing Referrers"), all pages."""
        url: str | None = f"{self._url}/v2/{repository}/referrers/{digest}"
        asked: set[str] = set()
        found: list[dict[str, Any]] = []
        while url is not None:
            if url in asked:
                raise ResponseError("the list of referrers goes in a circle")
            asked.add(url)
            try:
                answer = self._transport.get(url, limit=PAGE_LIMIT, scope=_pull(repository))
            except RegpipeError as error:
                if error.status in _NO_REFERRERS and len(asked) == 1:
                    return None
                raise
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != media_types.OCI_INDEX and len(asked) == 1:
                return None
            page = parse_document(answer.body, "list of referrers")
            found += descriptors(page, "manifests")
            if len(found) > _REFERRERS_LIMIT:
                raise TooLargeError(f"more than {_REFERRERS_LIMIT} things refer to {digest}")
            url = next_page(answer.headers.get("link", ""), answer.url)
        return found

    def check(self) -> Checkup:
        """Diagnose connection, login and permissions."""
        from regpipe.sources import checkup  # noqa: PLC0415 -- only `regpipe check` needs it

        return checkup.check(self._url, self._transport)

    def _get_manifest(self, repository: str, target: str, headers: Mapping[str, str]) -> Response:
        return self._transport.get(
            f"{self._url}/v2/{repository}/manifests/{target}",
            limit=MANIFEST_LIMIT,
            headers=headers,
            scope=_pull(repository),
            counted=True,
        )

    def _checked(self, content: Manifest, answer: Response, asked: str | None) -> Manifest:
        """Compare a manifest with what the registry says its digest is.

        "If used, MUST be verified" (distribution-spec). But many get it wrong for tags, so there it
        is a warning, and the digest that was computed counts.
        """
        said = answer.headers.get("docker-content-digest")
        if said is None or said == content.digest:
            return content
        algorithm = said.partition(":")[0]
        if is_digest(said) and algorithm != content.digest.partition(":")[0]:
            if algorithm not in HASHES:
                return content  # whether it is right cannot be told
            if digest_of(_signed(content), algorithm) == said:
                # A registry that goes by another algorithm has the manifest under that name only.
                return content if asked else content._replace(digest=said)
        self._transport.warn(
            self._url,
            "it sends manifests with a Docker-Content-Digest that is not theirs,"
            f" such as {ascii(said)[1:-1][:80]} for {content.digest}; the latter is what came",
        )
        return content


def _signed(content: Manifest) -> bytes:
    """Return the bytes that a manifest is identified by."""
    if content.media_type in media_types.SCHEMA1_TYPES:
        return schema1.payload(content.body, parse_document(content.body, "manifest"))
    return content.body


def _pull(repository: str) -> str:
    return f"repository:{repository}:pull"
