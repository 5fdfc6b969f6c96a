"""The distribution API over images in memory, configurable to behave as various registries do."""

import bisect
import re
from collections.abc import Callable
from urllib.parse import parse_qs, quote

from support.blobs import OCI_INDEX, Blob, Image, Json
from support.responses import Request, Response, error, json_response, not_found, redirect

_PATH = re.compile(
    r"/v2/(?P<repository>.+)/(?P<kind>tags|manifests|blobs|referrers)/(?P<name>[^/]+)"
)


def relative_link(_: Request, target: str) -> str:
    """Return the Link header as distribution, Harbor and zot write it."""
    return f'<{target}>; rel="next"'


def absolute_link(request: Request, target: str) -> str:
    """Return the Link header with scheme and host, as Quay and Nexus wrote it."""
    return f'<http://{request.headers["host"]}{target}>; rel="next"'


class RegistryContent:
    """Repositories with tags, manifests and blobs; the attributes set how the API behaves."""

    def __init__(self) -> None:
        self.tags: dict[str, dict[str, str]] = {}
        """The digest of each tag of each repository, in the order they were added."""
        self.manifests: dict[str, Image] = {}
        self.blobs: dict[str, Blob] = {}
        self.page: int | None = None
        """The page size limit of tags and the catalog; None: as many as requested."""
        self.too_many: Response | None = None
        """The response to an `n` above `page`; None: the page is silently shortened."""
        self.in_order = True
        """Whether names are sorted, as specified, or in the order they were added."""
        self.link: Callable[[Request, str], str | None] = relative_link
        """Makes the Link header from the next page's path and query."""
        self.null_tags = False
        """Whether an empty list of tags is `null`."""
        self.digest_header = True
        self.etag = True
        self.head = True
        """Whether HEAD is supported; otherwise it gets 405."""
        self.catalog = True
        self.referrers = False
        """Whether there is a referrers API."""
        self.store: str | None = None
        """The base URL to which blob requests are redirected; this class serves `/store/` too."""

    def add(self, repository: str, tag: str | None, image: Image) -> Image:
        """Add an image with everything it refers to, under a tag if one is given."""
        for manifest in image.manifests():
            self.manifests[manifest.digest] = manifest
        for blob in image.blobs():
            self.blobs[blob.digest] = blob
        tags = self.tags.setdefault(repository, {})
        if tag is not None:
            tags[tag] = image.digest
        return image

    def __call__(self, request: Request) -> Response:
        """Respond to one request."""
        if request.method == "HEAD" and not self.head:
            return error(405, "UNSUPPORTED", "The operation is unsupported.")
        match = _PATH.fullmatch(request.path)
        if match is None:
            return self._top(request)
        repository, kind, name = match["repository"], match["kind"], match["name"]
        if repository not in self.tags:
            return not_found("NAME_UNKNOWN", "repository name not known to registry")
        if kind == "tags":
            return self._tags(request, repository)
        if kind == "manifests":
            return self._manifest(request, self.tags[repository].get(name, name))
        return self._referrers(name) if kind == "referrers" else self._blob(name)

    def _top(self, request: Request) -> Response:
        path = request.path
        if path in ("/v2/", "/v2"):
            return json_response({}).plus(Docker_Distribution_Api_Version="registry/2.0")
        if path == "/v2/_catalog":
            return self._catalog(request)
        if path.startswith("/store/"):
            return self._blob(path.removeprefix("/store/"), stored=True)
        return Response(404, b"404 page not found\n", (("Content-Type", "text/plain"),))

    def _catalog(self, request: Request) -> Response:
        if not self.catalog:
            return error(403, "DENIED", "requested access to the resource is denied")
        return self._page(request, list(self.tags), lambda names: {"repositories": names})

    def _tags(self, request: Request, repository: str) -> Response:
        def document(names: list[str]) -> Json:
            return {"name": repository, "tags": names or (None if self.null_tags else [])}

        return self._page(request, list(self.tags[repository]), document)

    def _page(
        self, request: Request, names: list[str], document: Callable[[list[str]], Json]
    ) -> Response:
        query = parse_qs(request.query)
        asked = int(query["n"][0]) if "n" in query else None
        if asked is not None and self.page is not None and asked > self.page and self.too_many:
            return self.too_many
        size = min(x for x in (asked, self.page, len(names)) if x is not None)
        start = 0
        if self.in_order:
            names.sort()
        if "last" in query:
            last = query["last"][0]
            start = bisect.bisect_right(names, last) if self.in_order else names.index(last) + 1
        shown = names[start : start + size]
        response = json_response(document(shown))
        if shown and start + size < len(names):
            target = f"{request.path}?last={quote(shown[-1], safe='')}&n={size}"
            link = self.link(request, target)
            return response if link is None else response.plus(Link=link)
        return response

    def _manifest(self, request: Request, digest: str) -> Response:
        manifest = self.manifests.get(digest)
        if manifest is None:
            return not_found("MANIFEST_UNKNOWN", "manifest unknown")
        headers: tuple[tuple[str, str], ...] = (("Content-Type", manifest.media_type),)
        if self.digest_header:
            headers += (("Docker-Content-Digest", digest),)
        if self.etag:
            headers += (("Etag", f'"{digest}"'),)
            if request.headers.get("if-none-match", "").strip('"') == digest:
                return Response(304, headers=(("Etag", f'"{digest}"'),))
        return Response(200, manifest.raw, headers)

    def _blob(self, digest: str, *, stored: bool = False) -> Response:
        blob = self.blobs.get(digest)
        if blob is None:
            return not_found("BLOB_UNKNOWN", "blob unknown to registry")
        if self.store is not None and not stored:
            return redirect(f"{self.store}/store/{digest}?X-Signature=secret")
        headers = (
            ("Content-Type", "application/octet-stream"),
            ("Docker-Content-Digest", digest),
        )
        return Response(200, blob.data, headers)

    def _referrers(self, digest: str) -> Response:
        if not self.referrers:
            return Response(404, b"404 page not found\n", (("Content-Type", "text/plain"),))
        entries = [
            image.descriptor(
                artifactType=image.json.get("artifactType", image.json["config"]["mediaType"]),
                annotations=image.json.get("annotations", {}),
            )
            for image in self.manifests.values()
            if image.media_type != OCI_INDEX
            and image.json.get("subject", {}).get("digest") == digest
        ]
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
        return json_response(index, type_=OCI_INDEX)
