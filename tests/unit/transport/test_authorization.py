"""Requests with credentials: how many are sent, and with what, also by several threads at once."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from regpipe.auth import Authorizer, Keychain
from regpipe.errors import ConnectionFailedError, ResponseError, TooLargeError, UnauthorizedError
from regpipe.transport.authorization import AuthorizedRequests
from regpipe.transport.errors import AttemptError
from regpipe.transport.messages import Request, Response
from regpipe.transport.origins import Origin
from support.credentials import docker, encoded, entry

BASIC = f"Basic {encoded()}"
APP = "repository:team/app:pull"
URL = "https://r.test/v2/team/app/manifests/v{}"
THREADS = 8
Script = Callable[[str, str | None], Response | Exception]


class Network:
    """Stands in for `Redirects`: responds by a function, and keeps what was sent.

    Args:
        script: the response to a path and an Authorization value.
        together: see `respond_together`.
    """

    def __init__(self, script: Script, together: str = "") -> None:
        self.sent: list[tuple[str, str | None]] = []
        self._script = script
        self.respond_together(together)

    def respond_together(self, path: str) -> None:
        """Respond to the first requests for a part of a path when each thread has sent one."""
        self._together = path
        self._barrier = threading.Barrier(THREADS)
        self._met = threading.Semaphore(THREADS if path else 0)

    def follow(self, request: Request, authorization: str | None = None) -> Response:
        path = request.url.removeprefix("https://r.test")
        self.sent.append((path, authorization))
        if self._together and self._together in path and self._met.acquire(blocking=False):
            self._barrier.wait(30)
        response = self._script(path, authorization)
        if isinstance(response, Exception):
            raise response
        return response

    def count(self, path: str) -> int:
        return sum(path == one for one, _ in self.sent)


def respond(status: int, *challenges: str, body: bytes = b"") -> Response:
    headers = {"www-authenticate": "\n".join(challenges)} if challenges else {}
    return Response(status, headers, body)


def requests(network: Network, exchange: object = None) -> AuthorizedRequests:
    give_up = exchange or (lambda *_: (500, b""))
    return AuthorizedRequests(network, Authorizer(give_up, Keychain()))  # type: ignore[arg-type]


def at_once(client: AuthorizedRequests) -> list[object]:
    """Send a request from each of several threads; return the responses and errors."""
    found: list[object] = []

    def work(number: int) -> None:
        try:
            found.append(client.send(Request("GET", URL.format(number)), APP).response)
        except (UnauthorizedError, AttemptError) as error:
            found.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_refusals_without_a_challenge_that_arrive_together_cost_one_ping(home: Path) -> None:
    docker(home, auths={"other.test": entry()})

    def script(path: str, sent: str | None) -> Response:
        if path == "/v2/":
            return respond(401, 'Bearer realm="https://auth.test/t",scope="repository:a/b:pull"')
        return respond(200 if sent == "Bearer T" else 401)

    tokens: list[str] = []

    def exchange(_method: str, url: str, *_: object) -> tuple[int, bytes]:
        tokens.append(url)
        return 200, b'{"token":"T"}'

    network = Network(script, together="/manifests/")
    found = at_once(requests(network, exchange))
    assert [one.status for one in found] == [200] * THREADS  # type: ignore[attr-defined]
    assert network.count("/v2/") == 1
    assert tokens == ["https://auth.test/t?scope=repository%3Ateam%2Fapp%3Apull"]


@pytest.mark.parametrize("scope", [APP, "repository:team/app:pull,metadata_read", "a:b:c d:e:f"])
def test_challenges_that_arrive_together_cost_one_token(scope: str) -> None:
    challenge = f'Bearer realm="https://auth.test/t",service="s",scope="{scope}"'
    tokens: list[str] = []

    def exchange(_method: str, url: str, *_: object) -> tuple[int, bytes]:
        tokens.append(url)
        return 200, b'{"token":"T"}'

    network = Network(
        lambda _, sent: respond(200) if sent == "Bearer T" else respond(401, challenge),
        together="/manifests/",
    )
    found = at_once(requests(network, exchange))
    assert [one.status for one in found] == [200] * THREADS  # type: ignore[attr-defined]
    assert len(tokens) == 1


def test_a_wrong_password_is_sent_once_however_many_threads_there_are(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    locked = b'{"errors":[{"code":"LOCKED","message":"2 attempts left"}]}'
    network = Network(lambda *_: respond(401, "Basic", body=locked))
    errors = at_once(requests(network))
    assert [one for one in network.sent if one[1]] == [(network.sent[1][0], BASIC)]
    messages = {error.message for error in errors}  # type: ignore[attr-defined]
    assert [message.endswith("config.json): 2 attempts left") for message in messages] == [True]
    assert {error.code for error in errors} == {"LOCKED"}  # type: ignore[attr-defined]


def test_after_one_success_a_password_is_sent_by_all_threads_at_once(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    network = Network(lambda path, sent: respond(200 if sent and path != "/v2/" else 401, "Basic"))
    client = requests(network)
    client.send(Request("GET", URL.format("first")), APP)
    network.respond_together("/manifests/v")
    assert len(at_once(client)) == THREADS  # else the barrier of the requests breaks


def test_threads_that_wait_for_a_ping_share_its_failure(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    waiting = threading.Semaphore(0)
    failure = AttemptError(ConnectionFailedError("timed out"), retryable=True, timed_out=True)

    def script(path: str, _sent: str | None) -> Exception:
        assert path == "/v2/"
        for _ in range(THREADS - 1):
            assert waiting.acquire(timeout=30)
        return failure

    network = Network(script)
    client = requests(network)
    ping_once = client._ping_once

    class Lock:
        """The origin's lock: tells of each thread that is about to wait for it."""

        def __init__(self) -> None:
            self._lock = threading.RLock()

        def __enter__(self) -> None:
            if not self._lock.acquire(blocking=False):
                waiting.release()
                self._lock.acquire()

        def __exit__(self, *_: object) -> None:
            self._lock.release()

    client._locks[Origin("https", "r.test", 443)] = Lock()
    assert at_once(client) == [failure] * THREADS
    assert network.count("/v2/") == 1
    for _ in range(THREADS):
        waiting.release()
    with pytest.raises(AttemptError):
        ping_once(Origin("https", "r.test", 443))
    assert network.count("/v2/") == 2


@pytest.mark.parametrize(
    "failure",
    [ResponseError("bad redirect"), AttemptError(TooLargeError("large"), retryable=False)],
    ids=["redirect", "size"],
)
def test_a_ping_that_is_no_api_is_not_repeated(home: Path, failure: Exception) -> None:
    docker(home, auths={"r.test": entry()})
    network = Network(lambda path, _: failure if path == "/v2/" else respond(200))
    client = requests(network)
    for number in range(3):
        assert client.send(Request("GET", URL.format(number)), APP).response.status == 200
    assert network.count("/v2/") == 1


def test_a_throttled_ping_is_a_retryable_failure_and_is_repeated(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    statuses = iter([429, 200])
    network = Network(lambda path, _: respond(next(statuses) if path == "/v2/" else 200))
    client = requests(network)
    with pytest.raises(AttemptError) as caught:
        client.send(Request("GET", URL.format(1)), APP)
    assert (caught.value.status, caught.value.retryable) == (429, True)
    assert client.send(Request("GET", URL.format(1)), APP).response.status == 200
    assert network.count("/v2/") == 2


@pytest.mark.parametrize("status", [200, 304, 404])
def test_only_a_list_of_the_registry_itself_invites(home: Path, status: int) -> None:
    docker(home, auths={"r.test": entry()})
    network = Network(
        lambda path, _: respond(200) if path == "/v2/" else respond(status, 'Basic realm="x"')
    )
    client = requests(network)
    client.send(Request("GET", URL.format(1)), APP)
    assert [sent for _, sent in network.sent] == [None, None] + [BASIC] * (status == 200)


def test_where_a_redirect_led_no_challenge_is_met(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    elsewhere = Origin("https", "storage.test", 443)
    for status in (200, 401, 403):
        network = Network(
            lambda path, _, status=status: (  # type: ignore[misc]
                respond(200)
                if path == "/v2/"
                else respond(status, "Basic")._replace(elsewhere=elsewhere)
            )
        )
        assert requests(network).send(Request("GET", URL), APP).response.status == status
        assert [sent for _, sent in network.sent] == [None, None]
