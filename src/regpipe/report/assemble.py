"""The page's parts, put together."""

from collections.abc import Iterator

from regpipe import __version__
from regpipe.report import render
from regpipe.report.data import details, index
from regpipe.report.model import Inventory
from regpipe.report.records import Records
from regpipe.report.results import Results
from regpipe.report.summary import Summary
from regpipe.report.table import Failures, Table


def page(records: Records, results: Results, now: float) -> Iterator[bytes]:
    """Yield the page.

    Args:
        records: what came in.
        results: the results of the programs for these records.
        now: the time that ages are computed for, in seconds since 1970.
    """
    images = len(records.images)
    dates = results.dates[:images] or [{"undated": "unknown"}] * images
    inventory = Inventory(records.images, dates)
    failures = Failures(records.errors, records.refused, results.failed, inventory.tags)
    sections = [("images", "Images"), ("errors", "Errors and warnings")]
    context = {
        "sections": sections,
        "version": __version__,
        "now": now,
        "inventory": inventory,
        "summary": Summary(inventory, results, failures.count),
        "table": Table(inventory),
        "failures": failures,
    }
    blocks = {"index": [index(inventory, now)], "details": details(inventory)}
    return render.page(context, blocks)
