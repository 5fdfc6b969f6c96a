"""Random repositories as builders and signers leave them, with what is true of each image."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from support import artifacts, images
from support.blobs import Image
from support.images import platform_json

NOW = datetime(2025, 1, 31, tzinfo=timezone.utc)
EPOCH = "1970-01-01T00:00:00Z"
COMMIT = "2015-05-05T05:05:05Z"
CREATED_KEY = "org.opencontainers.image.created"
ARCHITECTURES = ("linux/amd64", "linux/arm64", "linux/arm/v7")


@dataclass
class Repository:
    """A repository's tags, what refers to its images, and how old these are.

    Attributes:
        tags: what each tag leads to, tags of referrers included.
        days: the age of each image in days by its digest; None where it has no real date.
        untagged: manifests that are pushed by digest, such as what fallback tags list.
        referrers: the digests that refer to each digest.
    """

    name: str
    tags: dict[str, Image] = field(default_factory=dict)
    days: dict[str, float | None] = field(default_factory=dict)
    untagged: list[Image] = field(default_factory=list)
    referrers: dict[str, list[str]] = field(default_factory=dict)

    def image_tags(self) -> Iterator[tuple[str, Image]]:
        """Yield the tags that are not referrers'."""
        return ((tag, image) for tag, image in self.tags.items() if not tag.startswith("sha256-"))

    def needs(self, digest: str) -> set[str]:
        """Return all that belongs to a digest: itself, what it holds and what refers to that."""
        held = {image.digest: image for image in [*self.tags.values(), *self.untagged]}
        for image in list(held.values()):
            held.update({inner.digest: inner for inner in image.manifests()})
        found: set[str] = set()
        todo = [digest]
        while todo:
            one = todo.pop()
            if one not in found:
                found.add(one)
                todo += [child.digest for child in held[one].children] if one in held else []
                todo += self.referrers.get(one, [])
        return found


def random_repository(seed: int) -> Repository:
    """Make a repository: versions, aliases, indexes, tags of single platforms, and referrers."""
    chance = random.Random(seed)
    made = Repository(f"random/r{seed}")
    versions = [
        _add_version(made, f"{seed}.{number}", f"1.{number}", chance)
        for number in range(chance.randint(3, 7))
    ]
    made.tags["latest"] = made.tags[chance.choice(versions)]
    for alias in chance.sample(["1", "stable", "nightly-1", "nightly-2"], chance.randint(0, 3)):
        made.tags[alias] = made.tags[chance.choice(versions)]
    for tag in chance.sample(versions, len(versions) * 2 // 3):
        subject = chance.choice(list(made.tags[tag].manifests()))
        _add_referrers(made, subject, chance)
    return made


def _add_version(made: Repository, seed: str, tag: str, chance: random.Random) -> str:
    """Add an image under a tag, and maybe its parts under their own; return the tag."""
    days: float | None = chance.choice([1, 20, 45, 100, 100, 400]) + chance.random()
    kind = chance.choice(["image", "docker", "index", "index", "apart", "nested", "helm"])
    prefix = chance.choice(["", "", "nightly-"])
    tag = f"{prefix}{tag}"
    if kind == "helm":
        image = artifacts.helm(f"chart{seed}", "1.0.0")
        days = _age("2023-04-05T06:07:08Z")
    elif kind == "docker":
        image = images.buildkit(seed, created=_date(days or 0))
    elif kind == "image":
        image, days = _image(seed, days, chance)
    else:
        image, days = _index(seed, days, chance, nested=kind == "nested")
        parts = list(image.children)
        for part in chance.sample(parts, len(parts)) if kind in ("apart", "nested") else []:
            if part.platform != "unknown/unknown":
                made.tags[f"{tag}-{part.platform.replace('/', '-') or 'inner'}"] = part
    for inner in image.manifests():
        made.days[inner.digest] = days
    made.tags[tag] = image
    return tag


def _image(
    seed: str, days: float | None, chance: random.Random, platform: str = "linux/amd64"
) -> tuple[Image, float | None]:
    """Make an image whose date is where builders put it, and return what is known of its age."""
    date = _date(days or 0)
    kind = chance.choice(["plain", "plain", "epoch", "commit", "annotated"])
    created = {"epoch": EPOCH, "annotated": EPOCH, "commit": COMMIT}.get(kind, date)
    notes = {CREATED_KEY: date} if kind in ("commit", "annotated") else None
    image = images.oci(seed, created=created, platform=platform, annotations=notes)
    return image, None if kind == "epoch" else days


def _index(
    seed: str, days: float | None, chance: random.Random, *, nested: bool
) -> tuple[Image, float | None]:
    platforms = ARCHITECTURES[: chance.randint(2, 3)]
    state = chance.getstate()
    parts: list[Image] = []
    age = days
    for platform in platforms:
        chance.setstate(state)  # each platform has the same kind of date
        part, age = _image(seed, days, chance, platform)
        parts.append(part)
    if nested:
        inner = _index_of(parts[1:])
        return _index_of([parts[0], inner]), age
    statements = [artifacts.attestation(part) for part in parts] if chance.random() < 0.5 else []
    return _index_of([*parts, *statements]), age


def _index_of(parts: Sequence[Image]) -> Image:
    entries = [
        part.descriptor(**({"platform": platform_json(part.platform)} if part.platform else {}))
        for part in parts
    ]
    return images.oci_index(entries, parts)


def _add_referrers(made: Repository, subject: Image, chance: random.Random) -> None:
    """Add a signature, an SBOM, and what refers to that, as clients do without a referrers API."""
    for kind in chance.sample(["sig", "att", "sbom", "fallback", "tagged"], chance.randint(1, 3)):
        if kind == "fallback":
            bill = artifacts.sbom(subject)
            _add_fallback(made, subject, bill)
            if chance.random() < 0.5:
                _add_fallback(
                    made, bill, artifacts.sbom(bill, "application/vnd.cncf.notary.signature")
                )
        elif kind == "tagged":
            referrer = artifacts.sbom(subject, "application/vnd.cyclonedx+json")
            made.tags[f"bill-{len(made.tags)}"] = referrer
            made.days[referrer.digest] = _age("2024-02-03T04:05:06Z")
            made.referrers.setdefault(subject.digest, []).append(referrer.digest)
        else:
            _add_tag(made, subject, artifacts.cosign_signature(subject), f".{kind}")


def _add_fallback(made: Repository, subject: Image, referrer: Image) -> None:
    entry = referrer.descriptor(artifactType=referrer.json["artifactType"])
    document = images.oci_index([entry], [referrer])
    _add_tag(made, subject, document, "")
    made.referrers.setdefault(subject.digest, []).append(referrer.digest)


def _add_tag(made: Repository, subject: Image, referrer: Image, suffix: str) -> None:
    made.tags[subject.digest.replace(":", "-") + suffix] = referrer
    made.referrers.setdefault(subject.digest, []).append(referrer.digest)


def _date(days: float) -> str:
    return (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _age(date: str) -> float:
    when = datetime.fromisoformat(date.replace("Z", "+00:00"))
    return (NOW - when).total_seconds() / 86400
