"""The credential helper protocol, with helpers that keep it and helpers that do not."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from regpipe.auth import helpers as protocol
from regpipe.errors import UnauthorizedError
from support.cli import PASSWORD, USER
from support.credentials import NOT_FOUND, Helpers


@pytest.fixture
def helpers(home: Path, monkeypatch: pytest.MonkeyPatch) -> Helpers:
    return Helpers(home / "helpers", monkeypatch)


def test_a_helper_is_given_the_name_alone_and_asked_to_get(helpers: Helpers) -> None:
    helpers.add("vault", {"r.test:5000": (USER, PASSWORD)})
    found = protocol.ask("vault", "r.test:5000", "config.json")
    assert found is not None
    assert (found.username, found.password, found.identity_token) == (USER, PASSWORD, "")
    assert found.found_in == "config.json (docker-credential-vault)"
    assert helpers.calls("vault") == ["r.test:5000|get"]


def test_the_user_called_token_has_an_identity_token(helpers: Helpers) -> None:
    helpers.add("vault", {"r.test": ("<token>", "refresh")})
    found = protocol.ask("vault", "r.test", "config.json")
    assert found is not None
    assert (found.username, found.password, found.identity_token) == ("", "", "refresh")


@pytest.mark.parametrize("text", [NOT_FOUND, f"  {NOT_FOUND}\n"], ids=["exact", "with blanks"])
def test_not_found_is_no_error(helpers: Helpers, text: str) -> None:
    helpers.script("vault", f"printf '%s' '{text}'; exit 1")
    assert protocol.ask("vault", "r.test", "config.json") is None


def test_an_empty_response_is_nobody(helpers: Helpers) -> None:
    helpers.add("vault", {"r.test": ("", "")})
    assert protocol.ask("vault", "r.test", "config.json") is None


FAILURES = {
    "another message": ("echo canary; exit 1", "failed"),
    "not found, and more": (f"echo '{NOT_FOUND}: canary'; exit 1", "failed"),
    "not found on standard error": (f"echo '{NOT_FOUND}' >&2; exit 1", "failed"),
    "no server": ("echo no credentials server URL; exit 1", "failed"),
    "no user": ("echo no credentials username; exit 1", "failed"),
    "killed": ("kill -9 $$", "failed"),
    "not found, and success": (f"echo '{NOT_FOUND}'", "is not valid"),
    "no JSON": ("echo canary", "is not valid"),
    "no object": ("""echo '["canary"]'""", "is not valid"),
    "no text": ("""echo '{"Username":1,"Secret":"canary"}'""", "is not valid"),
    "a secret of nobody": ("""echo '{"Secret":"canary"}'""", "without a user name"),
    "deep": ("head -c 60000 /dev/zero | tr '\\0' '['", "is not valid"),
    "token with line ends": (
        """printf %s '{"Username":"<token>","Secret":"canary\\r\\nX: y"}'""",
        "invalid characters",
    ),
    "a colon in the name": ("""echo '{"Username":"a:b","Secret":"canary"}'""", "colon"),
    "too much": ("yes canary", "more than 65536 bytes"),
}


@pytest.mark.parametrize(("body", "message"), FAILURES.values(), ids=FAILURES.keys())
def test_anything_else_is_an_error_that_repeats_nothing(
    helpers: Helpers, body: str, message: str
) -> None:
    helpers.script("vault", body)
    with pytest.raises(UnauthorizedError, match=message) as caught:
        protocol.ask("vault", "r.test", "config.json")
    assert caught.value.message.startswith("config.json")
    assert caught.value.message.isprintable()
    assert "canary" not in caught.value.message


HANGING = {
    "asleep": "sleep 300",
    "asleep after its response": "echo '{}'; sleep 300",
    "its child is asleep": "sleep 300 & wait",
    "its output is closed": "exec >&- 2>&-; sleep 300",
    "deaf to signals": "trap '' TERM INT HUP; sleep 300; sleep 300",
}


def wait_for(path: Path) -> float:
    """Wait until a file is there; return a time that is long after."""
    while not path.exists():
        time.sleep(0.001)
    return 1000.0


@pytest.mark.parametrize("body", HANGING.values(), ids=HANGING.keys())
def test_a_helper_that_hangs_is_ended_with_all_that_it_started(
    helpers: Helpers, home: Path, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = home / "pid"
    times = iter([1.0])

    def monotonic() -> float:
        """No time passes until the helper has begun; then its time is over."""
        return next(times, None) or wait_for(pid)

    monkeypatch.setattr(protocol, "time", SimpleNamespace(monotonic=monotonic))
    helpers.script("vault", f"echo $$ > {pid}.new; mv {pid}.new {pid}; {body}")
    with pytest.raises(UnauthorizedError, match=f"within {protocol.TIMEOUT_SECONDS:g} seconds"):
        protocol.ask("vault", "r.test", "config.json")
    stat = Path("/proc", pid.read_text().strip(), "stat")
    assert not stat.exists() or stat.read_text().split()[2] == "Z"


@pytest.mark.parametrize(
    "name",
    ["", "a/b", "../x", "/bin/sh", "a b", "a;b", "a\nb", "a\0b", "$(x)", "vault\n", "ä"],
    ids=repr,
)
def test_what_is_no_name_is_never_run(helpers: Helpers, name: str) -> None:
    helpers.script("vault", "true")
    with pytest.raises(UnauthorizedError, match="not a valid name of a credential helper"):
        protocol.ask(name, "r.test", "config.json")
    assert helpers.calls("vault") == []


def test_a_missing_helper_is_named() -> None:
    with pytest.raises(UnauthorizedError, match="docker-credential-none is not on the PATH"):
        protocol.ask("none", "r.test", "config.json")


def test_a_helper_in_the_working_directory_is_not_run(
    helpers: Helpers, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Go's programs do not: an unpacked archive must not name one."""
    helpers.script("vault", "true")
    monkeypatch.chdir(home / "helpers")
    monkeypatch.setenv("PATH", ".:/usr/bin:/bin")
    with pytest.raises(UnauthorizedError, match="not on the PATH"):
        protocol.ask("vault", "r.test", "config.json")


def test_a_helper_that_cannot_be_run_is_an_error(helpers: Helpers) -> None:
    helpers.script("vault", "true").write_bytes(b"\x7fELF")
    with pytest.raises(UnauthorizedError, match="docker-credential-vault cannot be run"):
        protocol.ask("vault", "r.test", "config.json")


def test_a_helper_that_reads_nothing_is_no_error(helpers: Helpers) -> None:
    path = helpers.script("vault", "")
    path.write_text(f"""#!/bin/sh\nexec <&-\necho '{{"Username":"{USER}","Secret":"s"}}'\n""")
    found = protocol.ask("vault", "r.test", "config.json")
    assert found is not None
    assert found.username == USER


def test_a_helper_does_not_get_the_password_of_the_run(
    helpers: Helpers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGPIPE_PASSWORD", PASSWORD)
    monkeypatch.setenv("VAULT_KEY", "kept")
    helpers.script("vault", 'echo "{\\"Username\\":\\"x$REGPIPE_PASSWORD-$VAULT_KEY\\"}"')
    found = protocol.ask("vault", "r.test", "config.json")
    assert found is not None
    assert found.username == "x-kept"
