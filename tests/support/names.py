"""Host names with any address, all of them served by this machine: no packet leaves it."""

import socket
from typing import Any

import pytest

PUBLIC = "1.1.1.1"
PRIVATE = "10.0.0.7"


class Names:
    """A resolver for the tests: names have the addresses that a test gives them.

    Whatever the address, connections go to 127.0.0.1, where the tests' servers are.

    Args:
        monkeypatch: undoes it.
        addresses: the addresses of each name; other names do not exist.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **addresses: str) -> None:
        self.addresses = {name.replace("_", "."): one for name, one in addresses.items()}
        self.connected: list[str] = []
        """The addresses that connections were made to."""
        connect = socket.socket.connect

        def redirected(sock: socket.socket, address: Any) -> None:
            self.connected.append(address[0])
            if sock.family == socket.AF_INET6:
                raise OSError("this test has no route for IPv6")
            connect(sock, ("127.0.0.1", address[1]))

        monkeypatch.setattr(socket, "getaddrinfo", self._getaddrinfo)
        monkeypatch.setattr(socket.socket, "connect", redirected)

    def _getaddrinfo(self, host: str, port: int, *_: object, **__: object) -> list[Any]:
        found = self.addresses.get(host, host if host[:1].isdigit() or ":" in host else "")
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        if ":" in found:
            return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (found, port, 0, 0))]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port))]
