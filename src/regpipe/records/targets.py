"""What an input names: records, plain references and registries' own JSON, made into targets."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from regpipe.errors import InputError
from regpipe.oci import reference
from regpipe.oci.local_names import is_local
from regpipe.oci.reference import HUB, Defaults, Reference
from regpipe.records import forms
from regpipe.records.make import is_referrer
from regpipe.text import quoted


class Target(NamedTuple):
    """A reference for a verb to work on.

    Attributes:
        ref: the reference.
        record: the input record; empty for a plain reference.
        argument: the argument of the command line that it was; empty if it came from elsewhere.
        part: what named it: a text or a record.
    """

    ref: Reference
    record: Mapping[str, Any]
    argument: str = ""
    part: object = None


class Refused(NamedTuple):
    """A part of an input that names nothing, with the error; its other parts may be valid."""

    value: object
    error: InputError


class _Kind(Enum):
    """What a verb takes."""

    REGISTRY = "registry"
    REPOSITORY = "repository"
    IMAGE = "image"


# The fields of a record that name something; for a repository the first three.
_FIELDS = ("registry", "repository", "ref", "tag", "digest")


def registries(value: object, defaults: Defaults) -> Iterator[Target | Refused]:
    """Yield the registries that an input names (for `catalog`), or the error."""
    return _targets(value, defaults, _Kind.REGISTRY)


def repositories(value: object, defaults: Defaults) -> Iterator[Target | Refused]:
    """Yield the repositories that an input names (for `tags`); see `registries`.

    Of an image it is the repository, and the record says as `from` which image that was.
    """
    for target in _targets(value, defaults, _Kind.REPOSITORY):
        if not isinstance(target, Target):
            yield target
            continue
        ref, record = target.ref, target.record
        image = _image(target)
        if image.tag or image.digest:
            record = {**record, "from": str(image)}
        bare = ref._replace(tag=None, digest=None, resolved=None)
        yield target._replace(ref=bare, record=record)


def _image(target: Target) -> Reference:
    """Return the image that a record names beside its repository; else what was parsed."""
    ref, record = target.ref, target.record
    tag, name = record.get("tag"), record.get("ref")
    if not isinstance(tag, str) or not tag or is_referrer(record):
        tag = ref.tag
    digest = _digest_in(name, tag) if isinstance(name, str) else None
    return ref._replace(tag=tag, digest=ref.digest or digest)


def images(value: object, defaults: Defaults) -> Iterator[Target | Refused]:
    """Yield the images that an input names (for `manifests`); see `registries`."""
    return _targets(value, defaults, _Kind.IMAGE)


def member(record: Mapping[str, Any]) -> str | None:
    """Return the digest of the manifest that a record holds, or that a report is about.

    It differs from the record's `digest` where that is an index.
    """
    image = record.get("image")
    digest = image.get("digest") if isinstance(image, dict) else record.get("imageDigest")
    return digest if reference.is_digest(digest) else None


def names_registry(target: Target) -> bool:
    """Tell whether the input of a target names its registry, rather than getting the default."""
    other = "https://other.invalid"
    try:
        return _reference(target.part, Defaults(other), _Kind.REPOSITORY).registry != other
    except InputError:
        return True


def names_tag(target: Target) -> bool:
    """Tell whether the input of a target names its tag or digest, rather than meaning `latest`."""
    part = target.part
    text = part.get("ref") if isinstance(part, dict) else part
    if isinstance(part, dict) and (part.get("tag") or part.get("digest")):
        return True
    if not isinstance(text, str):
        return False
    ref = reference.parse_repository(text, Defaults())
    return bool(ref.tag or ref.digest)


def is_error(value: object) -> bool:
    """Tell whether an input is an error record of an earlier verb, to be passed through."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("error"), dict)
        and "code" in value["error"]
    )


def _parse(text: str, defaults: Defaults, kind: _Kind) -> Reference:
    if kind is _Kind.REGISTRY:
        return Reference(reference.parse_registry(text, defaults), "")
    if kind is _Kind.REPOSITORY:
        return reference.parse_repository(text, defaults)
    return reference.parse(text, defaults)


def _targets(value: object, defaults: Defaults, kind: _Kind) -> Iterator[Target | Refused]:
    for part, record in _parts(value, kind):
        try:
            yield Target(_reference(part, defaults, kind), record, part=part)
        except InputError as error:
            yield Refused(part, error)


def _parts(value: object, kind: _Kind) -> Iterator[tuple[object, Mapping[str, Any]]]:
    """Yield each part of an input, with the input record."""
    if isinstance(value, list):
        for item in value:
            yield from _parts(item, kind)
    elif isinstance(value, dict) and (form := forms.find(value)):
        found = form.repositories if kind is _Kind.REPOSITORY else form.parts
        for part in found(value):
            # Fields of a form besides the name are carried through, like those of a record.
            carries = isinstance(part, dict) and not part.keys() <= set(_FIELDS)
            yield part, part if carries and isinstance(part, dict) else {}
    else:
        yield value, value if isinstance(value, dict) else {}


def _reference(part: object, defaults: Defaults, kind: _Kind) -> Reference:
    if isinstance(part, str):
        return _parse(part, defaults, kind)
    if isinstance(part, dict):
        return _from_record(part, defaults, kind)
    raise InputError("must be a record or a reference")


def _from_record(record: Mapping[str, Any], defaults: Defaults, kind: _Kind) -> Reference:
    # A verb that does not take images ignores the tag and digest of a record.
    fields = _FIELDS if kind is _Kind.IMAGE else _FIELDS[:3]
    values = {key: record.get(key) for key in fields}
    for key, value in values.items():
        if not isinstance(value, str | None):
            raise InputError(f"the record's {key} must be a string")
    registry, repository, ref, tag, digest = map(values.get, _FIELDS)
    if registry and kind is _Kind.REGISTRY:
        return _parse(registry, defaults, kind)
    if registry and repository:
        named = _assemble(registry, repository, tag)._replace(digest=_digest_in(ref, tag))
    elif ref:
        # The other fields of a record may pin its `ref`.
        parse = reference.parse if kind is _Kind.IMAGE else reference.parse_repository
        named = parse(ref, defaults)
        if registry and not named.is_local:
            named = named._replace(registry=reference.parse_registry(registry))
    elif repository:
        named = _assemble(defaults.registry, repository, tag)
    else:
        wanted = "registry" if kind is _Kind.REGISTRY else "ref, or registry and repository"
        names = ", ".join(map(quoted, list(record)[:6])) or "nothing"
        more = ", …" if len(record) > 6 else ""
        raise InputError(f"the record has no {wanted} (it has {names}{more})")
    return _pinned(named, digest, about_tag=not is_referrer(record))


def _assemble(registry: str, repository: str, tag: str | None) -> Reference:
    # Local sources have tags of any form; an empty one is not valid there either.
    if tag == "" or (tag and not is_local(registry)):
        reference.check_tag(tag)
    if is_local(registry):
        return Reference(registry, repository, tag)
    if reference.host_of(registry) == HUB and "/" not in repository:
        repository = f"library/{repository}"
    reference.check_repository(repository)
    return Reference(reference.parse_registry(registry), repository, tag)


def _digest_in(ref: str | None, tag: str | None) -> str | None:
    """Return the digest at the end of a record's `ref`, unless that has another tag."""
    name, _, digest = (ref or "").rpartition("@")
    if not reference.is_digest(digest) or (tag and not name.endswith(f":{tag}")):
        return None
    return digest


def _pinned(named: Reference, digest: str | None, *, about_tag: bool) -> Reference:
    """Return what a record's name and digest mean together.

    Args:
        named: its name.
        digest: its `digest`.
        about_tag: whether that is the digest of what the name leads to.
    """
    if digest is None or digest == named.digest:
        return named
    if not reference.is_digest(digest):
        raise InputError(f"{ascii(digest)} is not a valid digest", code="DIGEST_INVALID")
    if about_tag and named.tag and not named.digest:
        return named._replace(resolved=digest)
    return named._replace(tag=named.tag if about_tag else None, digest=digest)
