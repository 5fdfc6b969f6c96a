"""A TCP proxy that adds latency."""

import asyncio
import contextlib
import threading
from urllib.parse import urlsplit


class Delay:
    """A context manager that runs a proxy on a loopback port.

    A connection costs a round trip before its first byte, as TCP's handshake does over a wire:
    the kernel accepts it at once, but what comes in it is held back so long. TLS, which passes
    through to the server, costs its own round trips like anything else that is sent. Bandwidth,
    loss and the slow start of TCP are not modelled.

    Args:
        url: the base URL of the server behind it.
        round_trip: seconds that it adds to a request and its response in total, and to opening a
            connection.
    """

    def __init__(self, url: str, round_trip: float) -> None:
        self._target = urlsplit(url)
        self._one_way = round_trip / 2
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self.host = ""

    def __enter__(self) -> "Delay":  # noqa: PYI034 -- typing.Self is newer than Python 3.10
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        self._loop.run_forever()
        server.close()
        while tasks := asyncio.all_tasks(self._loop):
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far = await asyncio.open_connection(self._target.hostname, self._target.port)
        await asyncio.sleep(2 * self._one_way)
        with contextlib.suppress(asyncio.CancelledError):  # at the end, while connections are open
            await asyncio.gather(self._pass(reader, far[1]), self._pass(far[0], writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward data, each piece after the one-way delay."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                loop.call_later(self._one_way, writer.write, data)
        loop.call_later(self._one_way, writer.close)
