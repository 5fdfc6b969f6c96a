"""The figures at the top of the page."""

from regpipe.report.model import Inventory
from regpipe.report.totals import Totals


class Summary:
    """What came in, in numbers.

    Attributes:
        registries: their names.
        repositories, tags, images: their numbers.
        naive, unique: the bytes of layers, all and each once; None if `totals` failed.
        records: how many manifest records came in.
        attached: how many tags only hold what refers to an image.
        platforms: all there are, those with most tags first.
        first, last: the earliest and the latest date, or "".
        undated: how many images have no real date.
    """

    def __init__(self, inventory: Inventory, totals: Totals, errors: int) -> None:
        self.registries = sorted({each.registry for each in inventory.repositories})
        images = sum(len(repository.images) for repository in inventory.repositories)
        told = totals.all or {}
        self.repositories: int = told.get("repositories", len(inventory.repositories))
        self.tags: int = told.get("tags", len(inventory.tags))
        self.images: int = told.get("images", images)
        self.first = (told.get("oldest") or "")[:10]
        self.last = (told.get("newest") or "")[:10]
        self.undated: int = told.get("undated", 0)
        self.naive: int | None = told.get("naive")
        self.unique: int | None = told.get("unique")
        self.attached = len(inventory.attached)
        self.errors = errors
        counts: dict[str, int] = {}
        for tag in inventory.tags:
            for platform in tag.platforms:
                counts[platform] = counts.get(platform, 0) + 1
        self.platforms = sorted(counts, key=lambda name: (-counts[name], name))
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
        return round(100 * ((self.unique or 0) / self.naive)) if self.naive else 100
