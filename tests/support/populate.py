"""Fill a registry with hundreds of tags of every kind of image."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from support import artifacts, images, schema1
from support.blobs import Image
from support.servers import Registry

TAGS = 24
"""The number of tags in each repository of one kind."""

Maker = Callable[[int, str], Image]
"""Makes the image with a number and a date."""

_TWO = ("linux/amd64", "linux/arm64/v8")
_OLD = "old/schema1"
_REPOSITORIES: dict[str, Maker] = {
    "classic": lambda n, date: images.classic(f"classic{n}", created=date),
    "classic/from-scratch": lambda n, date: images.classic(f"scratch{n}", created=date, parent=""),
    "team/app": lambda n, date: images.buildkit(f"app{n}", created=date),
    "team/app/deep/er": lambda n, date: images.oci(f"deep{n}", created=date),
    "multi/docker": lambda n, date: images.manifest_list(f"list{n}", _TWO, created=date),
    "multi/buildkit": lambda n, date: images.index(f"index{n}", _TWO, created=date),
    "multi/arm-only": lambda n, date: images.index(
        f"arm{n}", ["linux/arm64/v8"], created=date, attestations=False
    ),
    "copied": lambda n, date: images.as_oci(images.classic(f"copied{n}", created=date)),
    "charts/web": lambda n, _: artifacts.helm(f"web{n}", f"1.{n}.0"),
    _OLD: lambda n, date: schema1.signed(f"old{n}", tag=f"v{n}", name=_OLD, created=date),
}


class Populated(NamedTuple):
    """A registry and what was pushed into it."""

    registry: Registry
    images: dict[tuple[str, str], Image]
    """The images by repository and tag."""

    @property
    def repositories(self) -> list[str]:
        """The names of the repositories, sorted."""
        return sorted({repository for repository, _ in self.images})

    def tags(self, repository: str) -> dict[str, Image]:
        """Return the images of one repository by tag."""
        return {tag: image for (name, tag), image in self.images.items() if name == repository}


def populate(registry: Registry) -> Populated:
    """Push `TAGS` images of each kind that the registry accepts, each kind to its own repository.

    In addition `team/app` has one image of every other kind, two tags of one digest, and an image
    with a cosign signature and an SBOM.
    """
    wanted = {
        (repository, f"v{number}"): make(number, _date(number))
        for repository, make in _REPOSITORIES.items()
        for number in range(TAGS)
    }
    wanted |= {("team/app", tag): image for tag, image in _mixture().items()}
    if not registry.kind.schema1:
        wanted = {
            where: image
            for where, image in wanted.items()
            if not image.media_type.endswith("+prettyjws")
        }
    populated = Populated(registry, wanted)
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(lambda repository: _push(populated, repository), populated.repositories):
            pass
    return populated


def _push(populated: Populated, repository: str) -> None:
    with populated.registry.pusher() as pusher:
        for tag, image in populated.tags(repository).items():
            pusher.push(repository, tag, image)


def _mixture() -> dict[str, Image]:
    date = "2020-02-29T23:59:59.999999999Z"
    newest = images.index("mixed", images.PLATFORMS, created=date)
    signed = images.oci("mixed", created=date)
    return {
        "classic": images.classic("mixed", created=date),
        "list": images.manifest_list("mixed", created=date),
        "index": newest,
        "latest": newest,
        "signed": signed,
        artifacts.cosign_tag(signed): artifacts.cosign_signature(signed),
        "sbom": artifacts.sbom(signed),
        "chart": artifacts.helm("mixed"),
        "windows": images.buildkit("mixed", created=date, platform="windows/amd64"),
        "old": schema1.signed("mixed", tag="old", name="team/app"),
    }


def _date(number: int) -> str:
    """Return a date; dates are not in the order of the numbers and differ in length."""
    fraction = ".123456789"[: number % 11].rstrip(".")
    year, month, day = 2015 + number * 7 % 10, 1 + number % 12, 1 + number
    return f"{year}-{month:02}-{day:02}T{number:02}:00:00{fraction}Z"
