"""Whatever an input record holds, each verb writes a record or an error."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import images
from support.cli import run
from support.sample import SAMPLE

IMAGE = images.index("app", created="2024-06-05T04:03:02.1Z")
TAGS = st.sampled_from(["v1.0", "v2.0", "chart-1.2.3", "none", "", "no tag"])
DIGESTS = st.sampled_from([IMAGE.digest, *(child.digest for child in IMAGE.children), "x:y", ""])
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just({"digest": 7}),
    st.just("\ud800"),
)
RECORD = st.fixed_dictionaries(
    {"registry": st.just(f"oci:{SAMPLE}"), "repository": st.just("sample")},
    optional={
        "tag": TAGS | ODD,
        "digest": DIGESTS | ODD,
        "ref": ODD,
        "mediaType": st.just(IMAGE.media_type) | ODD,
        "manifest": ODD,
        "foundBy": ODD,
        "subject": ODD,
        "image": st.fixed_dictionaries({"digest": DIGESTS | ODD}) | ODD,
        "imageDigest": DIGESTS | ODD,
        "index": ODD,
        "annotations": ODD,
        "error": ODD,
        "more": ODD,
    },
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(RECORD, st.sampled_from(["tags", "manifests", "referrers", "blob", "catalog"]))
def test_any_record_is_accepted_by_any_verb(record: dict[str, object], verb: str) -> None:
    result = run([verb], json.dumps(record))
    assert result.code in range(6)
    assert bool(result.errors) == bool(result.code) or "warning" in result.err
