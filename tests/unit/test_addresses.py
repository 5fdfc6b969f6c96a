"""The address policy, which redirects and realms share."""

import pytest

from regpipe import addresses
from regpipe.addresses import AddressScope


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("127.0.0.1", AddressScope.LOOPBACK),
        ("127.255.0.3", AddressScope.LOOPBACK),
        ("[::1]", AddressScope.LOOPBACK),
        ("localhost", AddressScope.LOOPBACK),
        ("LOCALHOST.", AddressScope.LOOPBACK),
        ("a.localhost", AddressScope.LOOPBACK),
        ("0.0.0.0", AddressScope.LOOPBACK),
        ("[::]", AddressScope.LOOPBACK),
        ("[::ffff:127.0.0.1]", AddressScope.LOOPBACK),
        ("[64:ff9b::10.0.0.1]", AddressScope.PRIVATE),
        ("[2002:7f00:1::]", AddressScope.LOOPBACK),
        ("2130706433", AddressScope.LOOPBACK),
        ("0x7f.1", AddressScope.LOOPBACK),
        ("0177.0.0.1", AddressScope.LOOPBACK),
        ("169.254.169.254", AddressScope.LINK_LOCAL),
        ("[fe80::1]", AddressScope.LINK_LOCAL),
        ("10.1.2.3", AddressScope.PRIVATE),
        ("172.31.0.1", AddressScope.PRIVATE),
        ("192.168.0.1", AddressScope.PRIVATE),
        ("100.64.0.1", AddressScope.PRIVATE),
        ("[fd12::1]", AddressScope.PRIVATE),
        ("8.8.8.8", AddressScope.PUBLIC),
        ("[2606:4700::1]", AddressScope.PUBLIC),
        # Where redirects and realms were once judged differently: the stricter reading.
        ("[::7f00:1]", AddressScope.LOOPBACK),
        ("[::a00:1]", AddressScope.PRIVATE),
        ("[::ffff:8.8.8.8]", AddressScope.PUBLIC),
        ("[64:ff9b::8.8.8.8]", AddressScope.PUBLIC),
        ("[2001:0:a00:1::]", AddressScope.PRIVATE),  # Teredo: server 10.0.0.1
        ("[2001:0:808:808::80ff:fffe]", AddressScope.LOOPBACK),  # Teredo: client 127.0.0.1
        ("224.0.0.1", AddressScope.LINK_LOCAL),
        ("[ff02::1]", AddressScope.LINK_LOCAL),
        ("[ff0e::1]", AddressScope.LINK_LOCAL),
        ("[::ffff:224.0.0.1]", AddressScope.LINK_LOCAL),
        ("127.1", AddressScope.LOOPBACK),
        ("134744072", AddressScope.LOOPBACK),
        ("0x8080808", AddressScope.LOOPBACK),
        ("010.8.8.8", AddressScope.LOOPBACK),
        ("127.0.0.1.", AddressScope.LOOPBACK),
        ("example.com", None),
        ("1.example", None),
        ("0x.example", None),
    ],
)
def test_the_scope_of_a_host(host: str, scope: AddressScope | None) -> None:
    assert addresses.literal_scope(host) == scope


@pytest.mark.parametrize("address", ["127.1", "0177.0.0.1", "2130706433", "a", ""])
def test_only_canonical_addresses_have_a_scope(address: str) -> None:
    with pytest.raises(ValueError, match="does not appear"):
        addresses.scope_of(address)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.8.9.1", True),
        ("[::1]", True),
        ("::1", True),
        ("127.1", False),
        ("0177.0.0.1", False),
        ("2130706433", False),
        ("0.0.0.0", False),
        ("[::ffff:127.0.0.1]", False),
        ("[::7f00:1]", False),
        ("x.localhost", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("10.0.0.1", False),
        ("my.registry", False),
    ],
)
def test_loopback_is_what_is_literally_so(host: str, expected: bool) -> None:  # noqa: FBT001
    assert addresses.is_loopback(host) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.1", True),
        ("2130706433", True),
        ("0x7f.1", True),
        ("0177.0.0.1", True),
        ("0", True),
        ("1.2.3", True),
        ("127.0.0.1", False),
        ("[::1]", False),
        ("1.example", False),
        ("0x.example", False),
        ("localhost", False),
    ],
)
def test_an_address_that_only_resolvers_know_is_disguised(host: str, expected: bool) -> None:  # noqa: FBT001
    assert addresses.is_disguised(host) == expected


LOOPBACK, LINK_LOCAL = AddressScope.LOOPBACK, AddressScope.LINK_LOCAL
PRIVATE, PUBLIC = AddressScope.PRIVATE, AddressScope.PUBLIC


@pytest.mark.parametrize(
    ("nearest", "allowed"),
    [
        (None, {PUBLIC, PRIVATE, LINK_LOCAL, LOOPBACK}),
        (LOOPBACK, {PUBLIC, PRIVATE, LOOPBACK}),
        (LINK_LOCAL, {PUBLIC, PRIVATE, LINK_LOCAL}),
        (PRIVATE, {PUBLIC, PRIVATE}),
        (PUBLIC, {PUBLIC}),
    ],
)
def test_what_is_too_near(nearest: AddressScope | None, allowed: set[AddressScope]) -> None:
    assert {one for one in AddressScope if not addresses.is_too_near(one, nearest)} == allowed


@pytest.mark.parametrize(
    ("sender", "met", "target", "limit"),
    [
        ("my.registry", None, "store.example", AddressScope.PUBLIC),
        ("my.registry", None, "10.0.0.1", AddressScope.PUBLIC),
        ("my.registry", AddressScope.LOOPBACK, "store.example", AddressScope.LOOPBACK),
        ("my.registry", AddressScope.LOOPBACK, "127.0.0.1", AddressScope.PRIVATE),
        ("my.registry", AddressScope.PRIVATE, "10.0.0.1", AddressScope.PRIVATE),
        ("127.0.0.1", AddressScope.LOOPBACK, "127.0.0.1", AddressScope.LOOPBACK),
        ("10.0.0.1", None, "127.0.0.1", AddressScope.PRIVATE),
        ("8.8.8.8", AddressScope.PUBLIC, "store.example", AddressScope.PUBLIC),
    ],
)
def test_a_registry_names_no_server_nearer_than_itself(
    sender: str, met: AddressScope | None, target: str, limit: AddressScope
) -> None:
    assert addresses.nearest_allowed(sender, met, target) == limit
