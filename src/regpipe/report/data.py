"""The data for the script: what it sorts and draws by, and what the drawer shows of an image."""

from collections.abc import Iterator, Mapping
from typing import Any

from regpipe.report.lineage import Lineage
from regpipe.report.model import Image, Inventory, Variant
from regpipe.report.sharing import Sharing
from regpipe.report.steps import steps
from regpipe.report.timeline import Timeline

Json = dict[str, Any]

_CONFIG = (
    "Entrypoint",
    "Cmd",
    "Env",
    "User",
    "WorkingDir",
    "ExposedPorts",
    "Volumes",
    "StopSignal",
    "Healthcheck",
    "Shell",
    "OnBuild",
    "ArgsEscaped",
)
_REFERRER = (
    "digest",
    "artifactType",
    "predicateTypes",
    "mediaType",
    "size",
    "annotations",
    "foundBy",
)


def index(inventory: Inventory, timeline: Timeline) -> Json:
    """Return what the script needs at once: for each tag its repository, date, size and image."""
    tags = inventory.tags
    numbers: dict[int, int] = {}
    images = 0
    for repository in inventory.repositories:
        for image in repository.images:
            numbers |= {tag.number: images for tag in image.tags}
            images += 1
    places = {
        tag.number: place
        for place, repository in enumerate(inventory.repositories)
        for tag in repository.tags
    }
    many = len({repository.registry for repository in inventory.repositories}) > 1
    return {
        "first": timeline.first,
        "last": timeline.last,
        "repositories": [
            f"{each.registry}/{each.label}" if many else each.label
            for each in inventory.repositories
        ],
        "tag": [tag.label for tag in tags],
        "repository": [places[tag.number] for tag in tags],
        "date": [None if tag.date is None else int(tag.date) for tag in tags],
        "size": [tag.size for tag in tags],
        "image": [numbers[tag.number] for tag in tags],
    }


def details(inventory: Inventory, sharing: Sharing, lineage: Lineage) -> Iterator[Json]:
    """Yield what the drawer shows, for each image in the order of `index`."""
    images = (image for repository in inventory.repositories for image in repository.images)
    for image, (base, how) in zip(images, lineage.parents, strict=True):
        yield _image(image, sharing, _base(base, how))


def _base(base: Image | str | None, how: str) -> Json | None:
    if base is None:
        return None
    if isinstance(base, str):
        return {"name": base, "lineage": how}
    tag = base.tags[0]
    return {"name": f"{tag.repository}:{tag.label}", "lineage": how, "tag": tag.number}


def _image(image: Image, sharing: Sharing, base: Json | None) -> Json:
    first = image.tags[0]
    return _filled(
        repository=first.repository,
        registry=first.registry,
        digest=first.digest,
        pinned=first.pinned,
        kind=first.kind,
        base=base,
        marks=first.mark_names,
        tags=[tag.number for tag in image.tags],
        variants=[
            _variant(variant, first.registry, sharing, first.undated) for variant in first.variants
        ],
    )


def _variant(variant: Variant, registry: str, sharing: Sharing, undated: str | None) -> Json:
    record = variant.record
    config = record.get("config")
    inner = config.get("config") if isinstance(config, dict) else None
    settings = inner if isinstance(inner, dict) else {}
    index = record.get("index")
    return _filled(
        platform=variant.platform,
        digest=variant.digest,
        mediaType=variant.media_type,
        artifactType=record.get("artifactType"),
        size=variant.size,
        created=record.get("created"),
        createdFrom=record.get("createdFrom"),
        built=record.get("built"),
        undated=undated,
        author=config.get("author") if isinstance(config, dict) else None,
        steps=[
            (text, sharing.number(registry, digest), size, created)
            for text, digest, size, created in steps(record)
        ],
        config={key: settings[key] for key in _CONFIG if settings.get(key)},
        labels=settings.get("Labels"),
        annotations=record.get("annotations"),
        indexAnnotations=index.get("annotations") if isinstance(index, dict) else None,
        referrers=[_referrer(entry) for entry in variant.referrers or ()],
        asked=variant.referrers is not None,
        warnings=record.get("warnings"),
    )


def _referrer(entry: Mapping[str, Any]) -> Json:
    return {name: entry[name] for name in _REFERRER if entry.get(name)}


def _filled(**fields: object) -> Json:
    return {name: value for name, value in fields.items() if value}
