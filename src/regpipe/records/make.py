"""The constructors of all records that regpipe emits.

Each is a flat object whose JSON Schema is in schemas/. A stage adds its fields to those of the
input record, and carries unknown fields through.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from regpipe.errors import RegpipeError
from regpipe.oci.created import Created
from regpipe.oci.platform import Platform
from regpipe.oci.reference import Reference

Record = dict[str, Any]

_REFERRER_TAG = re.compile(r"sha256-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?")

# The fields of a manifest record. They are about one image, and not carried over to another.
MANIFEST_FIELDS = (
    "digest",
    "mediaType",
    "size",
    "digestFrom",
    "pinned",
    "image",
    "derived",
    "platform",
    "index",
    "artifactType",
    "subject",
    "annotations",
    "created",
    "createdFrom",
    "reproducible",
    "built",
    "pushed",
    "pushedFrom",
    "manifest",
    "config",
    "name",
    "architecture",
    "fsLayers",
    "history",
    "warnings",
    "referrers",
)
# The fields of a referrer record, which it has instead.
REFERRER_FIELDS = (
    "subject",
    "digest",
    "mediaType",
    "artifactType",
    "size",
    "pinned",
    "annotations",
    "predicateTypes",
    "foundBy",
)
# The fields of the bundled programs' reports that are about one image as well.
REPORT_FIELDS = (
    "digest",
    "platform",
    "info",
    "created",
    "createdFrom",
    "reproducible",
    "built",
    "undated",
    "aliases",
)
CHECK_FIELDS = (
    "reachable",
    "status",
    "apiVersion",
    "scheme",
    "tls",
    "auth",
    "catalog",
    "rateLimit",
    "hints",
    "settings",
    "hint",
)


def carried(record: Mapping[str, Any], known: Collection[str] = ()) -> Record:
    """Return the fields of an input record that are carried over to the next one.

    Args:
        record: the input record; its fields about an image are not carried over.
        known: the fields that the next record sets itself or does not have.
    """
    dropped = {"pinned", "imageDigest", *known}
    if "mediaType" in record and ("manifest" in record or is_referrer(record)):
        dropped.update(MANIFEST_FIELDS, REFERRER_FIELDS)
    elif "digest" in record and isinstance(record.get("info"), dict):
        dropped.update(REPORT_FIELDS)
    return {key: value for key, value in record.items() if key not in dropped}


def is_referrer(record: Mapping[str, Any]) -> bool:
    """Tell whether a record is about a referrer: its digest is not that of its reference."""
    return {"foundBy", "subject"} <= record.keys()


def repository_record(ref: Reference, record: Mapping[str, Any]) -> Record:
    """Make a repository record."""
    return carried(record, ("tag", "digest")) | {
        "registry": ref.registry,
        "repository": ref.repository,
        "ref": str(ref),
    }


def tag_record(ref: Reference, record: Mapping[str, Any]) -> Record:
    """Make a tag record: a repository record with the tag, `ref` included."""
    # A digest would decide over the tag, and give the same image for each of the tags.
    made = carried(record, ("digest", "referrer")) | {
        "registry": ref.registry,
        "repository": ref.repository,
        "tag": ref.tag,
        "ref": str(ref),
    }
    return made | {"referrer": True} if is_referrer_tag(str(ref.tag)) else made


def is_referrer_tag(tag: str) -> bool:
    """Tell whether a tag only holds what refers to an image.

    That is the referrers tag schema of distribution-spec, or one of cosign's tags.
    """
    return _REFERRER_TAG.fullmatch(tag) is not None


def reference_record(ref: Reference, **found: object) -> Record:
    """Make a reference record: an image that a file names.

    Args:
        ref: the image's reference.
        found: where it was found: `file`, `line`, `column`, `kind` and `text`.
    """
    named = {
        "registry": ref.registry,
        "repository": ref.repository,
        "tag": ref.tag,
        "digest": ref.digest,
    }
    return {
        **{key: value for key, value in named.items() if value},
        "ref": str(ref),
        "found": found,
    }


def image_record(
    ref: Reference,
    record: Mapping[str, Any],
    *,
    created: Created | None,
    platform: Platform | None,
    view: Mapping[str, Any],
    **fields: object,
) -> Record:
    """Make a manifest record.

    Args:
        ref: the image's reference.
        record: the input it came from.
        created: the image's dates, or None.
        platform: the image's platform; None for an artifact.
        view: the fields of the schema 1 view; empty to leave it out.
        fields: the record's other fields by name, at least `digest`; those that are None or {} are
            left out.
    """
    found: Record = dict(fields)
    found["pinned"] = ref._replace(digest=str(fields["digest"])).pinned
    found["platform"] = platform.as_record() if platform else None
    if created:
        found |= {"created": created.text, "createdFrom": created.origin}
        found["reproducible"] = not created.is_real or None
        found["built"] = created.built
    found |= view
    return _with(_named(ref, record, MANIFEST_FIELDS), MANIFEST_FIELDS, found)


def referrer_record(ref: Reference, record: Mapping[str, Any], **fields: object) -> Record:
    """Make a referrer record.

    Args:
        ref: the image's reference.
        record: the input it came from.
        fields: those of `REFERRER_FIELDS`; those that are None or {} are left out.
    """
    pinned = ref._replace(digest=str(fields["digest"])).pinned
    named = _named(ref, record, REFERRER_FIELDS)
    return _with(named, REFERRER_FIELDS, {**fields, "pinned": pinned})


def referrer(**fields: object) -> Record:
    """Make an entry of a manifest record's `referrers`; see `referrer_record`."""
    return _with({}, REFERRER_FIELDS, fields)


def check_record(ref: Reference, record: Mapping[str, Any], **fields: object) -> Record:
    """Make a check record.

    Args:
        ref: the registry's reference.
        record: the input it came from.
        fields: those of `CHECK_FIELDS`; those that are None or {} are left out.
    """
    return _with(carried(record) | {"registry": ref.registry}, CHECK_FIELDS, fields)


def error_record(record: Mapping[str, Any], error: RegpipeError) -> Record:
    """Make an error record: the input record with an `error`."""
    return dict(record) | {
        "error": {"code": error.code, "message": error.message, "status": error.status}
    }


def _named(ref: Reference, record: Mapping[str, Any], known: Collection[str]) -> Record:
    named = {"registry": ref.registry, "repository": ref.repository, "tag": ref.tag}
    base = carried(record, known) | named | {"ref": str(ref)}
    if not ref.tag:
        del base["tag"]
    return base


def _with(base: Record, names: Sequence[str], fields: Mapping[str, object]) -> Record:
    return base | {key: fields[key] for key in names if fields.get(key) not in (None, {})}
