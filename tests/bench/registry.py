"""Benchmarks against docker-registry on loopback: cold and warm cache, and other clients."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import requests

from bench import measure
from bench.delay import Delay
from bench.measure import REGPIPE, Cost, Pair, Row
from support import images, servers
from support.blobs import DOCKER_MANIFEST
from support.processes import located

TAGS = 1000
REPOSITORY = "bench/app"
JOBS = 8
PAIRS = 5
PEER_TAGS = 100
"""The number of tags for the other clients, which need one process per tag."""
FASTER = {"skopeo": (4, 10), "crane": (2.5, 5), "regctl": (5, 12)}
"""How many times faster than each regpipe must be, cold and warm."""
DELAYED_TAGS = 400
ROUND_TRIP = 0.05


@contextmanager
def filled(
    directory: Path, tags: int = TAGS, options: servers.Options | None = None
) -> Iterator[servers.Registry]:
    """Run a registry with so many images, each with its own manifest and config."""
    with servers.running("docker-registry", directory / "registry", options) as registry:

        def push(part: int) -> None:
            with registry.pusher() as pusher:
                for number in range(part, tags, 4):
                    pusher.push(REPOSITORY, f"v{number:04}", images.classic(f"bench-{number}"))

        with ThreadPoolExecutor(4) as executor:
            list(executor.map(push, range(4)))
        yield registry


def rows(directory: Path) -> Iterator[Row]:
    """Yield the rows."""
    with filled(directory) as registry:
        case = _Case(registry, directory)
        yield from case.cold_and_warm()
        yield from case.peers()
        yield case.delayed()


class _Case:
    """The commands of all rows, with the same tags."""

    def __init__(self, registry: servers.Registry, directory: Path) -> None:
        self._registry = registry
        self._directory = directory
        self._cache = directory / "cache"
        base = f"{registry.url}/v2/{REPOSITORY}"
        tags = [f"v{number:04}" for number in range(TAGS)]
        self._refs = self._file("refs", [f"{registry.host}/{REPOSITORY}:{tag}" for tag in tags])
        with requests.Session() as session:
            session.headers.update({"User-Agent": "regpipe-tests/bench", "Accept": DOCKER_MANIFEST})
            configs = [
                session.get(f"{base}/manifests/{tag}", timeout=30).json()["config"]["digest"]
                for tag in tags
            ]
        manifest_urls = [f"{base}/manifests/{tag}" for tag in tags]
        blob_urls = [f"{base}/blobs/{digest}" for digest in configs]
        self._manifest_urls = self._file("manifest-urls", measure.curl_config(manifest_urls))
        self._all_urls = self._file("all-urls", measure.curl_config(manifest_urls + blob_urls))

    def cold_and_warm(self) -> Iterator[Row]:
        """Compare with curl, which sends the same requests and discards the responses."""
        cold, requests_cold = self._pairs(lambda: self._regpipe(cold=True), self._all_urls)
        note = f"{requests_cold / TAGS:.2f} requests and {_cpu_per_tag(cold)} a tag"
        yield cold.row(f"{TAGS} tags, cold", "curl -Z", 1.25, note)
        warm, requests_warm = self._pairs(self._regpipe, self._manifest_urls, "-I")
        note = f"{requests_warm / TAGS:.2f} requests and {_cpu_per_tag(warm)} a tag"
        yield warm.row(f"{TAGS} tags, warm", "curl -Z -I", 1.4, note)

    def peers(self) -> Iterator[Row]:
        """Compare with clients that fetch one image per process."""
        few = self._file("few-refs", self._refs.read_text().split()[:PEER_TAGS])
        xargs = ["xargs", "-P", str(JOBS), "-n", "1", "-a", str(few)]
        flag = {
            "skopeo": ["inspect", "--tls-verify=false", "--config"],
            "crane": ["config", "--insecure"],
            "regctl": ["image", "config", "--host", f"reg={self._registry.host},tls=disabled"],
        }
        for name, arguments in flag.items():
            program = located(name)
            if program is None:
                continue
            image = "docker://{}" if name == "skopeo" else "{}"
            command = [*xargs, "-I", "{}", program, *arguments, image]
            cold, warm = Pair([], []), Pair([], [])
            for _ in range(3):
                cold.ours.append(self._regpipe(cold=True))
                warm.ours.append(self._regpipe())
                cold.theirs.append(measure.run(command, self._directory))
                warm.theirs.append(cold.theirs[-1])
            for case, pair, times in zip(("cold", "warm"), (cold, warm), FASTER[name], strict=True):
                theirs = f"{name} -P{JOBS} {measure.shown(pair.theirs)} for {PEER_TAGS}"
                ratio = pair.ratio / TAGS * PEER_TAGS
                ours = measure.shown(pair.ours)
                yield Row(f"the same, {case}, a tag", ours, theirs, ratio, round(1 / times, 3))

    def delayed(self) -> Row:
        """Compare with the ideal time over a connection with high latency."""
        with Delay(self._registry.url, ROUND_TRIP) as far:
            refs = [line.partition("/")[2] for line in self._refs.read_text().split()]
            source = self._file("far", [f"{far.host}/{ref}" for ref in refs[:DELAYED_TAGS]])
            near = self._registry.host
            lines = self._all_urls.read_text().replace(near, far.host).splitlines()
            pairs = [f"{lines[n]}\n{lines[n + 1]}" for n in range(0, len(lines), 2)]
            urls = self._file("far-urls", [*pairs[:DELAYED_TAGS], *pairs[TAGS:][:DELAYED_TAGS]])
            pair = Pair([], [])
            for _ in range(3):
                pair.theirs.append(measure.run(_curl(urls), self._directory))
                self._registry.forget()
                pair.ours.append(self._regpipe(cold=True, refs=source))
            sent = len(self._registry.requests())
        ideal = sent * ROUND_TRIP / JOBS
        best = min(cost.wall for cost in pair.ours)
        note = f"{sent} requests; {pair.ratio:.2f} x curl -Z by the same way"
        case = f"{DELAYED_TAGS} tags, cold, 50 ms away"
        return Row(case, measure.shown(pair.ours), f"ideal {ideal:.2f} s", best / ideal, 1.2, note)

    def _pairs(self, ours: Callable[[], Cost], urls: Path, *options: str) -> tuple[Pair, int]:
        """Run both in turn; return also the number of requests that one run of regpipe sent."""
        pair = Pair([], [])
        for _ in range(PAIRS):
            pair.theirs.append(measure.run([*_curl(urls), *options], self._directory))
            self._registry.forget()
            pair.ours.append(ours())
        return pair, len(self._registry.requests())

    def _regpipe(self, *, cold: bool = False, refs: Path | None = None) -> Cost:
        if cold:
            shutil.rmtree(self._cache, ignore_errors=True)
        command = [*REGPIPE, "manifests", "-j", str(JOBS)]
        env = {"REGPIPE_CACHE": str(self._cache)}
        return measure.run(command, self._directory, stdin=refs or self._refs, env=env)

    def _file(self, name: str, lines: list[str]) -> Path:
        path = self._directory / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path


def _curl(urls: Path) -> list[str]:
    accept = f"Accept: {DOCKER_MANIFEST}"
    return ["curl", "-s", "-Z", "--parallel-max", str(JOBS), "-H", accept, "-K", str(urls)]


def _cpu_per_tag(pair: Pair) -> str:
    ours, theirs = (min(c.cpu for c in costs) / TAGS * 1000 for costs in (pair.ours, pair.theirs))
    return f"{ours:.2f} ms of processor ({theirs:.2f})"
