"""A registry as a source: lists, manifests, blobs and referrers by the distribution API."""

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from regpipe.errors import NotFoundError, RegistryError, RegpipeError, ResponseError, TooLargeError
from regpipe.oci import media_types, schema1
from regpipe.oci.descriptor import HASHES, descriptors, digest_of, verify
from regpipe.oci.document import parse_document
from regpipe.oci.manifest import Manifest, read_manifest
from regpipe.oci.reference import host_of, is_digest
from regpipe.sources.base import MANIFEST_LIMIT, Checkup, ReferrerList, Source
from regpipe.sources.listing import Listing, next_page
from regpipe.text import quoted
from regpipe.transport import PAGE_LIMIT, Response, Transport, bounds
from regpipe.transport.bounds import PageCounter

if TYPE_CHECKING:
    from regpipe.sources.hints.families import Lists

_ACCEPT = {"Accept": media_types.ACCEPT}
# Status codes of registries without the referrers API, besides HTML pages.
_NO_REFERRERS = frozenset({400, 404, 405, 406})
# Codes of what a registry does not have where a tag was requested.
_NO_TAG = ("MANIFEST_UNKNOWN", "TAG_EXPIRED")
# The most referrers that are read: an endless list would fill the memory.
_REFERRERS_LIMIT = 10_000
# Status codes of registries, or proxies, that do not support HEAD.
_NO_HEAD = frozenset({400, 405, 501})


class Registry(Source):
    """The registry at one base URL; threads may share it.

    Args:
        url: the base URL, such as `https://my.registry:5000`.
        transport: sends the requests.
        hints: which list of digests it has; see `sources/hints/families.py`.
    """

    def __init__(self, url: str, transport: Transport, hints: str = "auto") -> None:
        self._url = url
        self._transport = transport
        self._takes_head = True
        self._hints = hints
        self.shown: str | None = None

    def repositories(self) -> Iterator[str]:
        """Yield the registry's repositories, page by page (distribution's api.md, "Catalog")."""
        url, scope = f"{self._url}/v2/_catalog", "registry:catalog:*"
        return iter(Listing(self._transport, url, "repositories", scope))

    def tags(self, repository: str) -> Iterator[str]:
        """Yield a repository's tags, page by page (distribution-spec, "Listing Tags")."""
        url = f"{self._url}/v2/{repository}/tags/list"
        listing = Listing(self._transport, url, "tags", _pull(repository), observe=self._observe)
        return iter(listing)

    def manifest(self, repository: str, target: str, known: Manifest | None = None) -> Manifest:
        """Return the manifest of a tag or digest (distribution-spec, "Pulling manifests").

        Args:
            repository: the repository's name.
            target: the tag or digest.
            known: what the tag led to before; returned if the registry responds with 304.
        """
        digest = target if ":" in target else None
        headers = _ACCEPT
        if known is not None and digest is None:
            # One tag, quoted: distribution and Harbor compare the whole value, not a list.
            headers = {**_ACCEPT, "If-None-Match": f'"{known.digest}"'}
        response = self._get_manifest(repository, target, headers)
        if response.status == 304 and known is not None:
            etag = response.headers.get("etag", "")
            if not etag or known.digest in etag:
                return known
            response = self._get_manifest(repository, target, _ACCEPT)
        manifest = read_manifest(response.body, response.headers.get("content-type", ""), digest)
        return self._checked(manifest, response, digest)

    def head(self, repository: str, tag: str) -> str | None:
        """Return the digest of a tag by HEAD, which does not count against a rate limit.

        The digest is not verified. None if the registry does not support HEAD or gives no digest,
        which the specification allows.

        Raises:
            NotFoundError: there is no such tag.
        """
        if not self._takes_head:
            return None
        url = f"{self._url}/v2/{repository}/manifests/{tag}"
        try:
            response = self._transport.head(url, headers=_ACCEPT, scope=_pull(repository))
        except RegistryError as error:
            if error.status not in _NO_HEAD:
                raise
            self._takes_head = False
            return None
        claimed = _claimed_digests(response)
        return claimed[0] if len(claimed) == 1 and is_digest(claimed[0]) else None

    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:
        """Return a blob (distribution-spec, "Pulling blobs"), checked against its descriptor."""
        digest, size = descriptor["digest"], descriptor.get("size")
        if size is not None and size > limit:
            raise TooLargeError(f"blob {digest} has {size} bytes; the limit is {limit}")
        url = f"{self._url}/v2/{repository}/blobs/{digest}"
        # A longer body cannot be the blob, so no more is read.
        most = limit if size is None else size
        body = self._transport.get(url, limit=most, scope=_pull(repository), digest=digest).body
        verify(body, digest, "blob")
        if size is not None and len(body) != size:
            raise ResponseError(
                f"blob {digest} has {len(body)} bytes, not {size}", code="SIZE_INVALID"
            )
        return body

    def referrers(self, repository: str, digest: str) -> ReferrerList:
        """Return all pages of a manifest's referrers (distribution-spec, "Listing Referrers").

        Whether the first page is one depends on its body: some registries send the list under
        another media type, and some a login page for every unknown path.
        """
        url: str | None = f"{self._url}/v2/{repository}/referrers/{digest}"
        requested: set[str] = set()
        counter = PageCounter("the list of referrers", bounds.REFERRERS)
        found: list[dict[str, Any]] = []
        known: set[str] = set()
        while url is not None:
            if url in requested:
                raise ResponseError("the pages of the list of referrers repeat")
            requested.add(url)
            start = time.monotonic()
            try:
                response = self._transport.get(url, limit=PAGE_LIMIT, scope=_pull(repository))
            except RegpipeError as error:
                if error.status in _NO_REFERRERS and len(requested) == 1:
                    return ReferrerList(None)
                raise
            if len(requested) == 1 and not _is_referrers_page(response):
                kind = quoted(_content_type(response) or "no Content-Type")
                host = host_of(self._url)
                return ReferrerList(None, f"{host} sends {kind} in place of the list of referrers")
            page = parse_document(response.body, "list of referrers")
            new = list(descriptors(page, "manifests"))
            seconds = time.monotonic() - start
            digests = {one["digest"] for one in new}
            is_new = not digests <= known
            counter.add(size=len(response.body), seconds=seconds, is_new=is_new)
            known |= digests
            found += new
            if len(found) > _REFERRERS_LIMIT:
                message = bounds.exceeded(f"the list of {digest}", _REFERRERS_LIMIT, "referrers")
                raise TooLargeError(message)
            url = next_page(response.headers.get("link", ""), response.url)
        return ReferrerList(found)

    def lists(self) -> "Lists | None":
        """Return the lists of digests that it may have; None if they are not to be used."""
        from regpipe.sources.hints.families import OFF, Lists  # noqa: PLC0415 -- few runs use one

        return Lists(self._url, self._transport, self._hints) if self._hints != OFF else None

    def check(self) -> Checkup:
        """Diagnose connection, login and permissions."""
        from regpipe.sources import checkup  # noqa: PLC0415 -- only `regpipe check` needs it

        return checkup.check(self._url, self._transport)

    def _observe(self, page: Mapping[str, Any], link: str) -> None:
        """Note what a page of `tags/list` shows of the registry."""
        if "manifest" in page or "next_page=" in link:
            from regpipe.sources.hints.families import shown_by  # noqa: PLC0415 -- few have these

            self.shown = self.shown or shown_by(page, link)

    def _get_manifest(self, repository: str, target: str, headers: Mapping[str, str]) -> Response:
        try:
            return self._transport.get(
                f"{self._url}/v2/{repository}/manifests/{target}",
                limit=MANIFEST_LIMIT,
                headers=headers,
                scope=_pull(repository),
                digest=target if is_digest(target) else None,
                counted=True,
            )
        except NotFoundError as error:
            if error.code not in _NO_TAG or is_digest(target):
                raise
            what = f"no such tag {ascii(target)}" if target == "latest" else "no such tag"
            message = error.message.replace("no such tag or digest", what)
            raise NotFoundError(message, code=error.code, status=error.status) from error

    def _checked(self, manifest: Manifest, response: Response, requested: str | None) -> Manifest:
        """Compare a manifest with its Docker-Content-Digest header.

        "If used, MUST be verified" (distribution-spec). But many registries get it wrong for
        tags, so there a difference is a warning, and the computed digest counts.
        """
        digests = _claimed_digests(response)
        if not digests or digests == [manifest.digest]:
            return manifest
        claimed = digests[0] if len(digests) == 1 else ", ".join(digests)
        algorithm = claimed.partition(":")[0]
        if is_digest(claimed) and algorithm != manifest.digest.partition(":")[0]:
            if algorithm not in HASHES:
                return manifest  # it cannot be checked
            if digest_of(_signed(manifest), algorithm) == claimed:
                # A registry that uses another algorithm knows the manifest by that digest only.
                return manifest if requested else manifest._replace(digest=claimed)
        self._transport.warn(
            self._url,
            "its Docker-Content-Digest headers are wrong,"
            f" such as {quoted(claimed, 300)} for {manifest.digest};"
            " the computed digests are used",
        )
        return manifest


def _claimed_digests(response: Response) -> list[str]:
    """Return the digests in Docker-Content-Digest, each once.

    Some registries, or proxies before them, send it in quotes, in capitals, or twice.
    """
    found: dict[str, None] = {}
    for part in response.headers.get("docker-content-digest", "").split(","):
        digest = part.strip(" \t\"'")
        if digest.partition(":")[0].lower() in HASHES:
            digest = digest.lower()
        if digest:
            found[digest] = None
    return list(found)


def _content_type(response: Response) -> str:
    """Return a response's media type without parameters, in lower case."""
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_referrers_page(response: Response) -> bool:
    """Return whether a response is meant as a list of referrers.

    An index by its media type is one, even if it is broken, which is an error then.
    """
    try:
        page = parse_document(response.body, "list of referrers")
    except ResponseError:
        return _content_type(response) == media_types.OCI_INDEX
    # With these members it is an image as well, so that it could be read in two ways.
    is_image = not page.keys().isdisjoint(("config", "layers"))
    return isinstance(page.get("manifests"), list) and not is_image


def _signed(manifest: Manifest) -> bytes:
    """Return the bytes that a manifest's digest is computed from."""
    if manifest.media_type in media_types.SCHEMA1_TYPES:
        return schema1.payload(manifest.body, parse_document(manifest.body, "manifest"))
    return manifest.body


def _pull(repository: str) -> str:
    return f"repository:{repository}:pull"
