"""The methods of all requests that regpipe sent in the whole test run."""

import pytest

from support import traffic


@pytest.mark.last
def test_only_get_and_head_and_posts_for_tokens_were_ever_sent() -> None:
    assert set(traffic.methods()) <= set(traffic.ALLOWED)
