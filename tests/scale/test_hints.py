"""10,000 unchanged tags where the registry lists digests with its tags: what is requested."""

import pytest

from support.hinted import SAMPLE, remember
from support.scripted import Scripted
from support.scripted_lists import BESIDE, LISTS, with_list
from support.stress import many_tags, watch

TAGS = 10_000


@pytest.mark.parametrize("name", sorted(LISTS))
def test_they_cost_the_pages_of_the_list_and_the_sample(scripted: Scripted, name: str) -> None:
    many_tags(scripted, "team/app", TAGS)
    lines = remember(scripted, "team/app", name)
    with_list(name, scripted)
    warm = watch(["manifests"], stdin=lines)
    assert (warm.code, warm.lines, warm.err) == (0, TAGS, "")
    pages = len(scripted.requests_to(LISTS[name].glob))
    others = [one for one in scripted.requests_to() if one.path not in BESIDE]
    refused = [one for one in others if "/manifests/" in one.path and is_refused(one.headers, name)]
    assert pages == LISTS[name].of(TAGS)
    assert len(others) - len(refused) <= 1.2 * LISTS[name].of(TAGS) + SAMPLE


def is_refused(headers: dict[str, str], name: str) -> bool:
    """Tell whether a request was refused: the first ones, where anybody needs a token."""
    return name in ("harbor", "quay") and "authorization" not in headers
