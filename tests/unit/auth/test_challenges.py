"""Reading WWW-Authenticate: several challenges, quoted commas, escapes, broken grammar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regpipe.auth import challenges
from regpipe.auth.challenges import HEADER_LIMIT, Challenge

Found = list[tuple[str, dict[str, str]]]

CASES: dict[str, tuple[list[str], Found]] = {
    "bearer with a comma in its scope": (
        ['Bearer realm="https://a/token",service="reg",scope="repository:x:pull,push"'],
        [
            (
                "bearer",
                {"realm": "https://a/token", "service": "reg", "scope": "repository:x:pull,push"},
            )
        ],
    ),
    "basic": (['Basic realm="Registry Realm"'], [("basic", {"realm": "Registry Realm"})]),
    "bare basic": (["Basic"], [("basic", {})]),
    "any case": (['BEARER Realm="r",SERVICE=s'], [("bearer", {"realm": "r", "service": "s"})]),
    "two in one header": (
        ['Bearer realm="https://c/t",service="container_registry",scope="*",Basic realm="c"'],
        [
            ("bearer", {"realm": "https://c/t", "service": "container_registry", "scope": "*"}),
            ("basic", {"realm": "c"}),
        ],
    ),
    "two headers": (
        ['Bearer realm="r"', 'Basic realm="b"'],
        [("bearer", {"realm": "r"}), ("basic", {"realm": "b"})],
    ),
    "spaces around everything": (
        ['  Bearer   realm = "r" ,  service="s" , '],
        [("bearer", {"realm": "r", "service": "s"})],
    ),
    "escapes": (
        [r'Basic realm="say \"hi\" \\ there"'],
        [("basic", {"realm": 'say "hi" \\ there'})],
    ),
    "a scheme name within quotes": (
        ['Basic realm="x, Bearer realm=y"'],
        [("basic", {"realm": "x, Bearer realm=y"})],
    ),
    "negotiate and basic": (
        ["Negotiate, Basic realm=b"],
        [("negotiate", {}), ("basic", {"realm": "b"})],
    ),
    "negotiate with data": (
        ["Negotiate YIIabc==, Basic realm=b"],
        [("negotiate", {}), ("basic", {"realm": "b"})],
    ),
    "the first of repeated parameters": (
        ['Bearer realm="good",realm="bad"'],
        [("bearer", {"realm": "good"})],
    ),
    "unquoted url": (
        ["Bearer realm=https://a/t?x=y,service=s"],
        [("bearer", {"realm": "https://a/t?x=y", "service": "s"})],
    ),
    "empty value": (['Bearer realm="",service="s"'], [("bearer", {"realm": "", "service": "s"})]),
    "a quote that does not end": (
        ['Basic realm="b", Bearer realm="https://a'],
        [("basic", {"realm": "b"}), ("bearer", {})],
    ),
    "a quote that does not end, and belongs to nothing": (['="x, Basic realm=b'], []),
    "parameters without a scheme": (['realm="x"'], []),
    "nothing": ([], []),
    "empty": ([""], []),
    "rubbish": (["<>;;()@"], []),
}


@pytest.mark.parametrize(("headers", "found"), CASES.values(), ids=CASES.keys())
def test_challenges_are_read(headers: list[str], found: Found) -> None:
    assert challenges.parse(headers) == [Challenge(*one) for one in found]


def test_scopes_are_separated_by_spaces_and_not_by_commas() -> None:
    scope = "repository:a/b:pull,push  registry:catalog:* repository:a/b:pull,push"
    [found] = challenges.parse([f'Bearer realm="r",scope="{scope}"'])
    assert found.scopes == ("repository:a/b:pull,push", "registry:catalog:*")


def test_a_header_of_any_length_is_read_no_further_than_the_limit() -> None:
    long = 'Basic realm="b", ' + "X, " * HEADER_LIMIT
    found = challenges.parse([long])
    assert found[0].realm == "b"
    assert len(found) <= HEADER_LIMIT / 3


@given(st.text(alphabet='aB =,"\\*/:;\t', max_size=60))
def test_whatever_comes_a_response_is_found(text: str) -> None:
    for one in challenges.parse([text]):
        assert one.scheme == one.scheme.lower()
        assert one.scheme
