"""Which proxy is on the way to a registry, and which registries need none."""

import pytest

from regpipe.transport import origins, proxies

PROXY = "http://proxy.test:3128"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def proxy_for(url: str) -> str | None:
    return proxies.proxy_for(origins.split(url)[0])


@pytest.mark.parametrize(
    ("url", "exceptions"),
    [
        # Names: d and what is below it, .d and *.d what is below it alone.
        ("https://hub.corp.test", "corp.test"),
        ("https://corp.test", "corp.test"),
        ("https://hub.corp.test", ".corp.test"),
        ("https://hub.corp.test", "*.corp.test"),
        ("https://a.b.corp.test", "*.corp.test"),
        ("https://HUB.Corp.Test", "x.test, CORP.test ,y.test"),
        ("https://hub.corp.test.", "corp.test"),
        # Ports, written or the default one.
        ("https://hub.corp.test", "hub.corp.test:443"),
        ("http://hub.corp.test", "corp.test:80"),
        ("http://hub.corp.test:5000", "*.corp.test:5000"),
        ("http://hub.corp.test:5000", ".corp.test:5000"),
        ("https://hub.corp.test", "*"),
        ("https://192.0.2.7", "*"),
        # Addresses and blocks.
        ("https://192.0.2.7", "192.0.2.7"),
        ("http://192.0.2.7:5000", "192.0.2.7:5000"),
        ("https://192.0.2.7", "192.0.2.0/24"),
        ("https://192.0.2.7", "a.test,192.0.2.9/24"),
        ("http://[2001:db8::7]:5000", "2001:db8::7"),
        ("http://[2001:db8::7]:5000", "[2001:DB8:0::7]:5000"),
        ("https://[2001:db8::7]", "2001:db8::/32"),
        # Final dots, with and without a port.
        ("https://hub.corp.test", "corp.test."),
        ("https://hub.corp.test", "*.corp.test."),
        ("https://hub.corp.test.", ".corp.test.:443"),
        ("http://hub.corp.test:5000", "hub.corp.test.:5000"),
        ("https://192.0.2.7", "192.0.2.7."),
        # What scripts leave in lists.
        ("https://hub.corp.test", "\ufeffcorp.test,x.test"),
        ("https://hub.corp.test", "x.test,\ufeff corp.test\u200b"),
        ("https://hub.corp.test", "x.test\ncorp.test\n"),
        ("https://hub.corp.test", "x.test\r\n\tcorp.test\r\n"),
        ("https://hub.corp.test", "x.test corp.test"),
        ("https://hub.corp.test", "x.test,\u00a0corp.test\u00a0,y.test"),
        ("https://hub.corp.test", '"x.test,corp.test"'),
        ("https://hub.corp.test", "'corp.test','x.test'"),
        ("https://192.0.2.7", " \ufeff192.0.2.0/24\t"),
        ("https://hub.corp.test", "\ufeff*"),
        # Loopback, whatever is excepted.
        ("http://localhost:5000", ""),
        ("http://localhost.:5000", "other.test"),
        ("https://127.0.0.1", ""),
        ("http://127.8.9.10:5000", ""),
        ("http://[::1]:5000", ""),
        ("http://[::ffff:127.0.0.1]:5000", ""),
    ],
)
def test_no_proxy_is_used(monkeypatch: pytest.MonkeyPatch, url: str, exceptions: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", exceptions)
    assert proxy_for(url) is None


@pytest.mark.parametrize(
    ("url", "exceptions"),
    [
        ("https://corp.test", "*.corp.test"),
        ("https://corp.test", ".corp.test"),
        ("https://evilcorp.test", "corp.test"),
        ("https://evilcorp.test", "*corp.test.example"),
        ("https://corp.test.example", "corp.test"),
        ("https://hub.corp.test", "hub.corp.test:80"),
        ("http://hub.corp.test:5000", "hub.corp.test:5001"),
        ("http://hub.corp.test:5000", "corp.test:"),
        ("https://192.0.2.7", "192.0.2.8"),
        ("http://192.0.2.7:5000", "192.0.2.7:443"),
        ("https://192.0.2.7", "192.0.3.0/24"),
        ("https://192.0.2.7", "2.7"),
        ("https://192.0.2.7", ".2.7"),
        ("https://192.0.2.7", "192.0.2.7/99"),
        ("http://[2001:db8::7]:5000", "[2001:db8::7]:5001"),
        ("https://[2001:db8::7]", "2001:db9::/32"),
        ("https://hub.corp.test", ""),
        ("https://hub.corp.test", ", ,."),
        ("https://hub.corp.test", "*."),
        ("https://hub.corp.test", "corp.test.."),
        ("https://hub.corp.test", ".\ufeff,\n"),
        ("https://hub.corp.test", "192.0.2.0/24"),
        ("http://x.localhost:5000", ""),
        ("http://128.0.0.1:5000", "127.0.0.0/8"),
    ],
)
def test_the_proxy_is_used(monkeypatch: pytest.MonkeyPatch, url: str, exceptions: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", exceptions)
    assert proxy_for(url) == PROXY


def test_each_scheme_has_its_own_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "me:secret@one.test:8080")
    assert proxy_for("https://hub.corp.test") == "http://me:secret@one.test:8080"
    assert proxy_for("http://hub.corp.test") is None
    monkeypatch.setenv("ALL_PROXY", "http://two.test")
    assert proxy_for("https://hub.corp.test") == "http://me:secret@one.test:8080"
    assert proxy_for("http://hub.corp.test") == "http://two.test"


@pytest.mark.parametrize("value", [" {} ", "\ufeff{}", '"{}"', "'{}'\n", "\t{}\r\n"])
def test_what_stands_around_a_proxys_url_is_no_part_of_it(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("https_proxy", value.format(PROXY))
    assert proxy_for("https://hub.corp.test") == PROXY


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://proxy.test:3128", "proxy.test:3128"),
        ("http://me:secret@proxy.test", "proxy.test"),
        ("https://me:s/e@cret@proxy.test:1/", "proxy.test:1"),
        ("http://[::1/", "[::1"),
    ],
)
def test_a_proxy_is_shown_without_its_password(url: str, shown: str) -> None:
    assert proxies.shown(url) == shown


def test_the_lower_case_variable_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://lower.test")
    monkeypatch.setenv("HTTPS_PROXY", "http://upper.test")
    monkeypatch.setenv("no_proxy", "lower.test")
    monkeypatch.setenv("NO_PROXY", "upper.test")
    assert proxy_for("https://upper.test") == "http://lower.test"
    assert proxy_for("https://lower.test") is None


def test_a_cgi_request_sets_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `Proxy:` header becomes HTTP_PROXY in a CGI script ("httpoxy")."""
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    assert proxy_for("http://hub.corp.test") is None
