"""The records as types, for programs in Python; `schemas/` says the same to other programs.

Fields that a record may lack are in the classes with `total=False`. A record has the fields of its
input too, which are not named here.
"""

from typing import Any, Literal, TypedDict


class Descriptor(TypedDict, total=False):
    """A reference to content by its digest (OCI image-spec, descriptor.md)."""

    mediaType: str
    digest: str
    size: int
    artifactType: str
    annotations: dict[str, str]


Platform = TypedDict(
    "Platform",
    {"os": str, "architecture": str, "variant": str, "os.version": str, "os.features": list[str]},
    total=False,
)
"""A platform: `os` and `architecture`, and what else is known of it."""


class RepositoryRecord(TypedDict):
    """A repository of a registry: `registry` is the base URL."""

    registry: str
    repository: str
    ref: str


_TagFields = TypedDict("_TagFields", {"referrer": bool, "from": str}, total=False)


class TagRecord(RepositoryRecord, _TagFields):
    """A tag of a repository; `from` is the reference that its repository was named by."""

    tag: str


class IndexFields(TypedDict, total=False):
    """The index that a reference leads to: its platforms, and all that it holds."""

    platforms: list[Platform]
    manifests: list[str]
    descriptor: Descriptor
    artifactType: str
    subject: Descriptor
    annotations: dict[str, str]


class _ManifestFields(TypedDict, total=False):
    tag: str
    digestFrom: Literal["google", "harbor", "hub", "quay", "zot"]
    pinned: str
    derived: bool
    platform: Platform
    index: IndexFields
    artifactType: str
    subject: Descriptor
    annotations: dict[str, str]
    created: str
    createdFrom: Literal["config", "history", "annotation", "label"]
    reproducible: bool
    built: str
    pushed: str
    pushedFrom: Literal[
        "google.timeUploadedMs", "harbor.push_time", "hub.tag_last_pushed", "quay.start_ts"
    ]
    manifest: dict[str, Any]
    config: dict[str, Any]
    name: str | None
    architecture: str
    fsLayers: list[dict[str, str]]
    history: list[dict[str, str]]
    warnings: list[str]
    referrers: list[dict[str, Any]]


class ManifestRecord(RepositoryRecord, _ManifestFields):
    """An image or artifact: `digest` is what the reference leads to, sizes are in bytes."""

    digest: str
    mediaType: str
    size: int
    image: Descriptor


class _ReferrerFields(TypedDict, total=False):
    tag: str
    mediaType: str
    artifactType: str
    size: int
    pinned: str
    annotations: dict[str, str]
    predicateTypes: list[str]


class ReferrerRecord(RepositoryRecord, _ReferrerFields):
    """A signature, SBOM or statement about the image with the digest `subject`."""

    subject: str
    digest: str
    foundBy: Literal["api", "tag-fallback", "cosign-tag", "index"]


class _CheckFields(TypedDict, total=False):
    status: int
    apiVersion: str
    tls: Literal["verified", "unverified", "failed"]
    auth: dict[str, Any]
    catalog: Literal["allowed", "refused", "absent", "failed"]
    rateLimit: dict[str, Any]
    hints: Literal["google", "harbor", "hub", "quay", "zot", "none"]
    settings: dict[str, dict[str, Any]]
    hint: str


class CheckRecord(_CheckFields):
    """What is known of a registry: connection, login and permissions."""

    registry: str
    reachable: bool
    scheme: Literal["https", "http"]


class ErrorFields(TypedDict):
    """A failure: the registry's error code or regpipe's, a sentence, and the HTTP status."""

    code: str
    message: str
    status: int | None


class ErrorRecord(TypedDict):
    """An input that failed; it has the fields of the input too."""

    error: ErrorFields
