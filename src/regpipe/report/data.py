"""The data for the script: what it sorts and draws by, and what the drawer shows of an image."""

from collections.abc import Iterator, Mapping
from typing import Any

from regpipe.report.model import Image, Inventory, Variant
from regpipe.report.steps import steps

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


def index(inventory: Inventory, now: float) -> Json:
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
        "now": now,
        "repositories": [
            f"{each.registry}/{each.label}" if many else each.label
            for each in inventory.repositories
        ],
        "repository": [places[tag.number] for tag in tags],
        "date": [None if tag.date is None else int(tag.date) for tag in tags],
        "size": [tag.size for tag in tags],
        "image": [numbers[tag.number] for tag in tags],
    }


def details(inventory: Inventory) -> Iterator[Json]:
    """Yield what the drawer shows, for each image in the order of `index`."""
    for repository in inventory.repositories:
        for image in repository.images:
            yield _image(image)


def _image(image: Image) -> Json:
    first = image.tags[0]
    return _filled(
        repository=first.repository,
        registry=first.registry,
        digest=first.digest,
        pinned=first.pinned,
        kind=first.kind,
        tags=[tag.number for tag in image.tags],
        variants=[_variant(variant) for variant in first.variants],
    )


def _variant(variant: Variant) -> Json:
    record = variant.record
    config = record.get("config")
    inner = config.get("config") if isinstance(config, dict) else None
    settings = inner if isinstance(inner, dict) else {}
    index = record.get("index")
    return _filled(
        platform=variant.platform,
        digest=variant.digest,
        mediaType=record.get("mediaType"),
        artifactType=record.get("artifactType"),
        size=variant.size,
        created=record.get("created"),
        createdFrom=record.get("createdFrom"),
        built=record.get("built"),
        undated=variant.undated,
        author=config.get("author") if isinstance(config, dict) else None,
        steps=steps(record),
        config={key: settings[key] for key in _CONFIG if settings.get(key) not in _EMPTY},
        labels=settings.get("Labels"),
        annotations=record.get("annotations"),
        indexAnnotations=index.get("annotations") if isinstance(index, dict) else None,
        referrers=[_referrer(entry) for entry in variant.referrers or ()],
        asked=variant.referrers is not None,
        warnings=record.get("warnings"),
    )


def _referrer(entry: Mapping[str, Any]) -> Json:
    names = ("digest", "artifactType", "mediaType", "size", "annotations", "foundBy")
    return {name: entry[name] for name in names if entry.get(name) not in _EMPTY}


_EMPTY: tuple[object, ...] = (None, "", [], {}, False)


def _filled(**fields: object) -> Json:
    return {name: value for name, value in fields.items() if value not in _EMPTY}
