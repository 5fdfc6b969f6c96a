"""What an input means: records, plain references and registries' own JSON, made into targets."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from regpipe import reference
from regpipe.errors import InputError
from regpipe.localname import is_local
from regpipe.reference import Defaults, Reference


class Target(NamedTuple):
    """One thing for a verb to work on, and the record that it came in."""

    ref: Reference
    record: Mapping[str, Any]


Parse = Callable[[str, Defaults], Reference]


def registries(value: object, defaults: Defaults) -> Iterator[Target]:
    """Yield the registries that an input names (for `catalog`).

    Raises:
        InputError: it names none.
    """
    yield from _targets(value, defaults, _parse_registry)


def repositories(value: object, defaults: Defaults) -> Iterator[Target]:
    """Yield the repositories that an input names (for `tags`); see `registries`."""
    for target in _targets(value, defaults, reference.parse_repository):
        yield target._replace(ref=target.ref._replace(tag=None, digest=None))


def images(value: object, defaults: Defaults) -> Iterator[Target]:
    """Yield the images that an input names (for `manifests`); see `registries`."""
    yield from _targets(value, defaults, reference.parse)


def is_error(value: object) -> bool:
    """Tell whether an input is an error record of an earlier verb, to be passed through."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("error"), dict)
        and "code" in value["error"]
    )


def _parse_registry(text: str, defaults: Defaults) -> Reference:
    return Reference(reference.parse_registry(text, plain_http=defaults.plain_http), "")


def _targets(value: object, defaults: Defaults, parse: Parse) -> Iterator[Target]:
    if isinstance(value, str):
        yield Target(parse(value, defaults), {})
    elif isinstance(value, list):
        for item in value:
            yield from _targets(item, defaults, parse)
    elif not isinstance(value, dict):
        raise InputError("a record or a reference is wanted here")
    elif isinstance(value.get("repositories"), list):
        for name in value["repositories"]:
            yield Target(_listed(defaults, name, None), {})
    elif "name" in value and isinstance(value.get("tags"), list | None) and "tags" in value:
        for tag in value["tags"] or []:
            yield Target(_listed(defaults, value["name"], tag), {})
    else:
        yield Target(_from_record(value, defaults, parse), value)


def _listed(defaults: Defaults, name: object, tag: object) -> Reference:
    """Make the reference to an entry of a registry's own list."""
    if not isinstance(name, str) or not isinstance(tag, str | None):
        raise InputError("a registry's list holds names, and this one something else")
    reference.check_repository(name)
    return Reference(defaults.registry, name, tag and reference.check_tag(tag))


def _from_record(record: Mapping[str, Any], defaults: Defaults, parse: Parse) -> Reference:
    registry, repository, ref = (record.get(key) for key in ("registry", "repository", "ref"))
    tag, digest = record.get("tag"), record.get("digest")
    for key in ("registry", "repository", "ref", "tag", "digest"):
        if not isinstance(record.get(key), str | None):
            raise InputError(f"the record's {key} is no text")
    if registry and parse is _parse_registry:
        return _parse_registry(registry, defaults)
    if registry and repository:
        return _assemble(registry, repository, tag, digest)
    if ref:
        # A record's `ref` may be pinned or tagged more closely by its other fields.
        found = reference.parse(ref, defaults)
        if registry and not found.is_local:
            found = found._replace(registry=reference.parse_registry(registry))
        return found._replace(digest=_checked_digest(digest) or found.digest)
    if repository:
        return _assemble(defaults.registry, repository, tag, digest)
    wanted = "registry" if parse is _parse_registry else "ref, and no registry and repository"
    raise InputError(f"the record has no {wanted}")


def _assemble(registry: str, repository: str, tag: str | None, digest: str | None) -> Reference:
    if is_local(registry):
        return Reference(registry, repository, tag, _checked_digest(digest))
    tag = tag and reference.check_tag(tag)
    reference.check_repository(repository)
    return Reference(reference.parse_registry(registry), repository, tag, _checked_digest(digest))


def _checked_digest(digest: str | None) -> str | None:
    if digest is not None and not reference.is_digest(digest):
        raise InputError(f"{ascii(digest)} is no digest", code="DIGEST_INVALID")
    return digest
