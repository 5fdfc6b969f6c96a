"""`python -m bench.distance`: a registry 50 and 200 ms away, beside `-j N` and other clients.

A row is a number of tags, a way, a scheme and a state of regpipe's cache; `--tags`, `--ways` and
`--http` or `--tls` run a part, `--pairs` more than one run of each, of which medians are shown. A
cell is seconds, and in brackets processor seconds. `curl -Z` sends the same requests (cold:
manifests and configs; warm: HEAD) by up to 64 connections. The other clients start a process for
each tag and keep nothing: they are timed once a way, over PEER_TAGS tags at most, and their cells
are multiples of that.

All of it takes some 20 minutes on a quiet machine: round trips and what the processors need are
8.5 minutes a scheme, of which -j8 takes almost half.
"""

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import requests

from bench import measure, registry
from bench.delay import Delay
from bench.measure import Cost
from support import servers
from support.blobs import DOCKER_MANIFEST
from support.processes import located
from support.tls import Authority

TAGS = (400, 2000)
WAYS = (0.0, 0.05, 0.2)
JOBS = ("auto", "8", "32")
PARALLEL = 64
"""Connections of curl."""
PROCESSES = (8, 64)
"""Processes of the other clients."""
PEER_TAGS = 200


class _Case(NamedTuple):
    """A number of tags on a registry, reached by a way.

    Attributes:
        directory: for scratch files, whose names begin with `name`.
        name: what tells it from others.
        far: `host:port` of the way.
        ca: the authority of its certificate; None for plain HTTP.
        configs: the digest of each tag's config.
    """

    directory: Path
    name: str
    far: str
    ca: Path | None
    configs: list[str]

    @property
    def base(self) -> str:
        """The URL of the repository."""
        scheme = "https" if self.ca else "http"
        return f"{scheme}://{self.far}/v2/{registry.REPOSITORY}"

    def regpipe(self, jobs: str) -> tuple[Cost, Cost]:
        """Run regpipe cold and warm."""
        scheme = "https://" if self.ca else ""
        refs = self._file("refs", [f"{scheme}{ref}" for ref in self._refs()])
        cache = self.directory / f"{self.name}-cache"
        shutil.rmtree(cache, ignore_errors=True)
        command = [*measure.REGPIPE, "manifests", "-j", jobs]
        if self.ca:
            command += ["--cacert", str(self.ca)]
        env = {"REGPIPE_CACHE": str(cache)}
        cold, warm = (
            measure.run(command, self.directory, stdin=refs, env=env) for _ in ("cold", "warm")
        )
        return cold, warm

    def curl(self) -> tuple[Cost, Cost]:
        """Send the same requests with curl."""
        manifests = [f"{self.base}/manifests/{tag}" for tag in self._tags()]
        blobs = [f"{self.base}/blobs/{digest}" for digest in self.configs]
        accept = f"Accept: {DOCKER_MANIFEST}"
        command = ["curl", "-s", "-Z", "--parallel-max", str(PARALLEL), "-H", accept]
        if self.ca:
            command += ["--cacert", str(self.ca)]
        cold = self._file("urls", measure.curl_config(manifests + blobs))
        warm = self._file("heads", measure.curl_config(manifests))
        return (
            measure.run([*command, "-K", str(cold)], self.directory),
            measure.run([*command, "-I", "-K", str(warm)], self.directory),
        )

    def peer(self, program: str, processes: int) -> Cost:
        """Run another client, a process for each tag; return what it took for one."""
        few = self._refs()[:PEER_TAGS]
        if Path(program).name == "crane":
            command, image = [program, "config"], "{}"
        else:
            verify = "true" if self.ca else "false"
            command = [program, "inspect", f"--tls-verify={verify}", "--config"]
            image = "docker://{}"
        xargs = ["xargs", "-P", str(processes), "-I", "{}", "-a", str(self._file("few", few))]
        env = {"SSL_CERT_FILE": str(self.ca)} if self.ca else {}
        cost = measure.run([*xargs, *command, image], self.directory, env=env)
        return Cost(cost.wall / len(few), cost.cpu / len(few), cost.memory)

    def _tags(self) -> list[str]:
        return [f"v{number:04}" for number in range(len(self.configs))]

    def _refs(self) -> list[str]:
        return [f"{self.far}/{registry.REPOSITORY}:{tag}" for tag in self._tags()]

    def _file(self, name: str, lines: list[str]) -> Path:
        path = self.directory / f"{self.name}-{name}"
        path.write_text("".join(f"{line}\n" for line in lines))
        return path


def main() -> None:
    """Print a table, each row as soon as it is done."""
    given = _arguments()
    peers = [path for name in ("crane", "skopeo") if (path := located(name))]
    columns = [*(f"-j {jobs}" for jobs in JOBS), f"curl -Z {PARALLEL}"]
    columns += [f"{Path(path).name} -P{number}" for path in peers for number in PROCESSES]
    measure.say_row("", *columns, "-j 8 : auto")
    measure.say_row(*["---"] * (len(columns) + 2))
    for tls in given.schemes:
        with tempfile.TemporaryDirectory(prefix="regpipe-bench-") as scratch:
            authority = Authority(Path(scratch) / "tls") if tls else None
            options = servers.Options(
                tls=authority.issue("server") if authority else None,
                ca=authority.ca if authority else None,
            )
            with registry.filled(Path(scratch), max(given.tags), options) as filled:
                configs = _configs(filled, max(given.tags))
                for way in given.ways:
                    with Delay(filled.url, way) as far:
                        whole = _Case(Path(scratch), f"{way}", far.host, options.ca, configs)
                        others = [whole.peer(path, n) for path in peers for n in PROCESSES]
                        for tags in given.tags:
                            case = whole._replace(name=f"{tags}-{way}", configs=configs[:tags])
                            title = f"{tags} tags, {way * 1000:.0f} ms, {'TLS' if tls else 'http'}"
                            for row in _rows(case, title, others, given.pairs):
                                measure.say_row(*row)


def _rows(case: _Case, title: str, peers: list[Cost], pairs: int) -> Iterator[list[str]]:
    runs = [[*(case.regpipe(jobs) for jobs in JOBS), case.curl()] for _ in range(pairs)]
    tags = len(case.configs)
    others = [_shown([Cost(one.wall * tags, one.cpu * tags, one.memory)]) for one in peers]
    for state, name in enumerate(("cold", "warm")):
        columns = [[run[state] for run in column] for column in zip(*runs, strict=True)]
        auto, eight = columns[0], columns[1]
        ratio = statistics.median(
            slow.wall / fast.wall for slow, fast in zip(eight, auto, strict=True)
        )
        yield [f"{title}, {name}", *(_shown(column) for column in columns), *others, f"{ratio:.2f}"]


def _configs(filled: servers.Registry, tags: int) -> list[str]:
    with requests.Session() as session:
        session.headers.update({"User-Agent": "regpipe-tests/bench", "Accept": DOCKER_MANIFEST})
        session.trust_env = False
        session.verify = str(filled.options.ca) if filled.options.ca else True
        base = f"{filled.url}/v2/{registry.REPOSITORY}/manifests"
        urls = [f"{base}/v{number:04}" for number in range(tags)]
        return [session.get(url, timeout=30).json()["config"]["digest"] for url in urls]


def _shown(costs: list[Cost]) -> str:
    wall = statistics.median(cost.wall for cost in costs)
    return f"{wall:.2f} ({min(cost.cpu for cost in costs):.2f})"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.distance")
    parser.add_argument("--tags", type=int, nargs="+", default=TAGS)
    parser.add_argument("--ways", type=float, nargs="+", default=WAYS, help="round trips in s")
    parser.add_argument("--pairs", type=int, default=1, help="runs of each")
    schemes = parser.add_mutually_exclusive_group()
    for name, tls in (("--http", False), ("--tls", True)):
        schemes.add_argument(name, dest="schemes", action="store_const", const=(tls,))
    parser.set_defaults(schemes=(False, True))
    return parser.parse_args()


if __name__ == "__main__":
    main()
