"""Helpers for logins to real registries: a token server, and checks of a run's result."""

from pathlib import Path

from support.cli import USER, Result, run
from support.push import Pusher
from support.scripted import Scripted
from support.servers import Registry
from support.tokens import TokenService


class TokenServer:
    """A token service on a scripted server."""

    def __init__(self, server: Scripted, directory: Path) -> None:
        self.server = server
        self.service = TokenService(anonymous=False)
        self.realm = f"{server.url}/token"
        self.certificate = self.service.certificate(directory)
        server.on("/token", self.service)


def pusher(registry: Registry, service: TokenService) -> Pusher:
    if registry.options.htpasswd:
        return registry.pusher()
    token = service._sign(USER, "repository:team/app:pull,push")
    return registry.pusher(headers={"Authorization": f"Bearer {token}"})


def tags(registry: Registry, *options: str) -> Result:
    return run(["tags", *options, f"{registry.url}/team/app"])


def assert_got_in(result: Result) -> None:
    assert (result.code, result.err) == (0, "")
    assert [record["tag"] for record in result.records] == ["v1", "v2", "v3"]


def assert_refused(result: Result, message: str) -> None:
    """Check for exit code 3 and one error line with this message."""
    assert (result.code, result.out) == (3, b"")
    [line] = result.errors
    assert message in line
