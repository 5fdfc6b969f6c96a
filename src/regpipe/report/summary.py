"""The figures at the top of the page."""

from regpipe.report.model import Inventory
from regpipe.report.results import Results


class Summary:
    """What came in, in numbers.

    Attributes:
        registries: their names.
        naive, unique: the bytes of layers, as `sharing` counts them; None if that failed.
        records: how many manifest records came in.
        attached: how many tags only hold what refers to an image.
        platforms: all there are, those with most tags first.
        first, last: the earliest and the latest date.
        undated: how many images have no real date.
    """

    def __init__(self, inventory: Inventory, results: Results, errors: int) -> None:
        self.registries = sorted({each.registry for each in inventory.repositories})
        self.repositories = len(inventory.repositories)
        self.tags = len(inventory.tags)
        self.attached = len(inventory.attached)
        self.errors = errors
        images = [image for each in inventory.repositories for image in each.images]
        self.images = len(images)
        dates = [image.date for image in images if image.date is not None]
        self.first, self.last = min(dates, default=None), max(dates, default=None)
        self.undated = len(images) - len(dates)
        counts: dict[str, int] = {}
        for tag in inventory.tags:
            for platform in tag.platforms:
                counts[platform] = counts.get(platform, 0) + 1
        self.platforms = sorted(counts, key=lambda name: (-counts[name], name))
        sharing = results.sharing[0] if results.sharing else {}
        self.naive: int | None = sharing.get("naive")
        self.unique: int | None = sharing.get("unique")
        self.records = len(inventory.variants)

    @property
    def title(self) -> str:
        """The name of the registry, or how many there are."""
        if len(self.registries) == 1 and self.registries[0]:
            return self.registries[0]
        return f"{len(self.registries)} registries" if len(self.registries) > 1 else "Registry"

    @property
    def saved(self) -> int:
        """The bytes of all layers once, in hundredths of their sum."""
        return round(100 * (self.unique or 0) / self.naive) if self.naive else 100
