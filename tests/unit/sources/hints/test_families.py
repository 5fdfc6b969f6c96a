"""What registries tell about their lists, and pages that are none."""

import pytest

from regpipe.errors import ResponseError
from regpipe.sources.hints.families import Lists, family
from support.clients import transport
from support.responses import json_response
from support.scripted import Scripted


@pytest.mark.parametrize("realm", ["https://[::1/v2/auth", "//quay.test/v2/auth", ""])
def test_a_realm_that_is_no_url_is_no_quay(realm: str) -> None:
    assert family("quay").is_shown("https://quay.test/v2/auth", "quay.test")
    assert not family("quay").is_shown(realm, "quay.test")


def test_a_next_page_that_is_no_url_is_an_error_of_the_registry(scripted: Scripted) -> None:
    lists = Lists(scripted.url, transport(), "hub")
    document = {"results": [{"name": "v1"}], "next": "https://[::1/page=2"}
    scripted.on("/list*", json_response(document))
    with pytest.raises(ResponseError, match="malformed"):
        lists.page("hub", "team/app", f"{scripted.url}/list?page=1")
