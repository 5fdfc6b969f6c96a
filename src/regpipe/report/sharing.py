"""Layer sharing: which images share which layers, and the bytes they share."""

from collections.abc import Mapping, Sequence
from typing import Any

from regpipe.report.model import Inventory, Tag, Variant, short
from regpipe.report.units import human_bytes

_DRAWN = 20
"""So many images have a bar in the page itself; the script draws others."""
_BARS = 20_000
"""At most that many images have a bar at all; the table has them all."""
_WIDTH = 1000
_TITLED = 100
"""With at most that many layers in these bars each has a title; the script tells more."""
_NAMED = 6
"""A title names at most that many tags."""


class Layer:
    """A layer and the tags that use it."""

    def __init__(self, number: int, digest: str, size: float) -> None:
        self.number, self.digest, self.size = number, digest, size
        self.tags: list[Tag] = []
        self.images: set[str] = set()

    @property
    def is_shared(self) -> bool:
        """Whether several images use it."""
        return len(self.images) > 1

    @property
    def title(self) -> str:
        """What is said of it when it is pointed at."""
        names = [f"{tag.repository}:{tag.label}" for tag in self.tags[:_NAMED]]
        more = len(self.tags) - len(names)
        used = ", ".join(names) + (f" and {more:,} more" if more else "")
        return f"{short(self.digest)} {human_bytes(self.size)}, in {used}"


class Bar:
    """An image as a bar of its layers.

    Attributes:
        tags: the tags of the image.
        variant: the image.
        size, exclusive: the bytes of its layers, and of those that no other image uses; as the
            program `sharing` counts them.
        layers: each once.
    """

    def __init__(
        self, tags: Sequence[Tag], variant: Variant, figures: Mapping[str, Any], layers: list[Layer]
    ) -> None:
        self.tags, self.variant = tags, variant
        self.size, self.exclusive = figures.get("size") or 0, figures.get("exclusive") or 0
        self.layers = layers

    @property
    def platform(self) -> str:
        """The platform, where its tag has several."""
        return self.variant.platform if len(self.tags[0].variants) > 1 else ""


class Sharing:
    """The section.

    Attributes:
        figures: the totals that the program `sharing` gives; None if it failed.
        images: how many images tell their sizes, have a digest and do not only refer to others.
        without: how many others the program counts.
        bars: those of them that have a bar, the largest first.
        drawn: those that have a bar in the page itself.
        titled: whether each of their layers has a title.
        layers: all layers, by number.
    """

    def __init__(self, inventory: Inventory, results: Sequence[Mapping[str, Any]]) -> None:
        self.figures = results[0] if results else None
        by_image = {
            (ref, image.get("imageDigest")): image
            for image in (self.figures or {}).get("byImage", ())
            for ref in image.get("refs", ())
        }
        self._layers: dict[tuple[str, str], Layer] = {}
        found: dict[tuple[str, str], tuple[list[Tag], Variant]] = {}
        for tag in inventory.tags:
            for variant in tag.variants:
                if variant.size is not None and variant.digest:
                    tags, _ = found.setdefault((tag.registry, variant.digest), ([], variant))
                    tags.append(tag)
        self.bars = []
        for (registry, digest), (tags, variant) in found.items():
            layers = self._of(registry, digest, tags, variant)
            figures = by_image.get((variant.record.get("ref"), digest), {})
            self.bars.append(Bar(tags, variant, figures, layers))
        self.images = len(self.bars)
        self.without = ((self.figures or {}).get("images") or 0) - self.images
        self.bars = sorted(self.bars, key=lambda bar: -bar.size)[:_BARS]
        self.drawn = self.bars[:_DRAWN]
        self.titled = sum(len(bar.layers) for bar in self.drawn) <= _TITLED
        self.layers = list(self._layers.values())
        self._largest = max([1, *(bar.size for bar in self.bars)])

    def _of(self, registry: str, digest: str, tags: Sequence[Tag], variant: Variant) -> list[Layer]:
        layers: dict[str, Layer] = {}
        for descriptor in variant.layers or ():
            name = descriptor.get("digest")
            if not isinstance(name, str):
                continue
            key = registry, name
            layer = self._layers.get(key)
            if layer is None:
                size = descriptor["size"]
                layer = self._layers[key] = Layer(len(self._layers), name, size)
            if name not in layers:
                layers[name] = layer
                layer.images.add(digest)
                layer.tags += tags
        return list(layers.values())

    def number(self, registry: str, digest: object) -> object:
        """Return the number of a layer; of one that is not among them the digest."""
        layer = self._layers.get((registry, digest)) if isinstance(digest, str) else None
        return digest if layer is None else layer.number

    def rectangles(self, bar: Bar) -> list[tuple[Layer, float, float]]:
        """Return the layers of a bar with their places and widths, in thousandths."""
        found, at = [], 0.0
        for layer in bar.layers:
            width = max(0.0, _WIDTH * (layer.size / self._largest))
            found.append((layer, round(at, 1), round(width, 1)))
            at += width
        return found

    def data(self) -> list[object]:
        """Return the block for the script: all bars, and of each layer its size and its images."""
        return [
            {
                "size": [layer.size for layer in self.layers],
                "images": [len(layer.images) for layer in self.layers],
                "bars": [
                    [bar.platform, [tag.number for tag in bar.tags], bar.size, bar.exclusive]
                    + [layer.number for layer in bar.layers]
                    for bar in self.bars
                ],
            }
        ]
