"""Text for people: what is redacted in it, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regpipe.text import printable, quoted, without_password

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:secret@my.registry/team/app", "https://[redacted]@my.registry/team/app"),
        ("https://secret@my.registry", "https://[redacted]@my.registry"),
        ("//me:secret@my.registry", "//[redacted]@my.registry"),
        ("docker://me:secret@my.registry/app", "docker://[redacted]@my.registry/app"),
        ("HTTP_PROXY=http://me:secret@proxy:3128", "HTTP_PROXY=http://[redacted]@proxy:3128"),
        ("me:secret@my.registry/team/app:v1", "[redacted]@my.registry/team/app:v1"),
        ("me:secret@my.registry", "[redacted]@my.registry"),
        ("me:secret@localhost:5000", "[redacted]@localhost:5000"),
        ("me:secret@localhost:5000/app", "[redacted]@localhost:5000/app"),
        ("me:sec/ret@localhost:5000", "[redacted]@localhost:5000"),
        ("me:sec/ret@my.registry/app", "[redacted]@my.registry/app"),
        ("https://me:sec/ret@my.registry/app", "https://[redacted]@my.registry/app"),
        ("me:s@cret@my.registry/app", "[redacted]@my.registry/app"),
        (f"me:secret@my.registry/app:v1@{DIGEST}", f"[redacted]@my.registry/app:v1@{DIGEST}"),
        ("'me:secret@my.registry/app' is not", "'[redacted]@my.registry/app' is not"),
        ('{"ref":"me:secret@my.registry/app"}', '{"[redacted]@my.registry/app"}'),
        ("see me:secret@a/b and you:hidden@c/d", "see [redacted]@a/b and [redacted]@c/d"),
    ],
)
def test_passwords_are_redacted(text: str, shown: str) -> None:
    assert without_password(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        f"my.registry:5000/team/app:v1@{DIGEST}",
        f"app:v1@{DIGEST}: MANIFEST_UNKNOWN: no such tag",
        f"'app:v1@{DIGEST}' is not",
        "my.registry:5000/team/app:v1@sha256:123",
        "app:v1@sha256",
        "localhost:5000/team/app@crc32:0badf00d",
        "localhost:5000/team/app:v1@multihash+base58:QmRZ",
        "team/app@latest",
        "someone@example.com",
        "docker-archive:/tmp/x.tar:@0",
        "'oci:/tmp/a@b:v1' is",
        "give a position (:@0, :@1)",
        "oci:/tmp/a:b@c",
        "at 12:30 @ noon",
    ],
)
def test_everything_else_is_kept(text: str) -> None:
    assert without_password(text) == text


@pytest.mark.parametrize("unit", ["@", "a@", "a:", "//", "sha256:@"])
def test_long_words_take_little_time(unit: str) -> None:
    shown = without_password("me:secret@x" + unit * 1_000_000 + "@y")
    assert shown.endswith("[redacted]@y")


NAME = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
PASSWORD = st.text(
    st.characters(exclude_categories=["Z", "C"], exclude_characters="@"), min_size=1
).map(lambda text: f"<{text}>")


@given(NAME, PASSWORD, st.sampled_from(["", "http://", "https://", "docker://"]))
def test_no_password_is_shown_whatever_is_in_it(user: str, password: str, scheme: str) -> None:
    for host in ("my.registry", "localhost:5000", "[::1]:5000"):
        for rest in ("", "/team/app", "/team/app:v1", f"/team/app@{DIGEST}"):
            text = f"{scheme}{user}:{password}@{host}{rest}"
            assert password not in printable(f"regpipe tags: {text}: why: {text}")
            assert password not in quoted(text, 1000)
