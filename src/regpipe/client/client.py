"""The Python interface: registries and images on disk, as records.

from regpipe import Client

with Client() as client:
    for record in client.manifests(client.tags("my.registry/team/app")):
        print(record["ref"], record["digest"], record.get("created"))
"""

import argparse
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, cast

from regpipe.client import blobs, checks, lists, manifests, referrers
from regpipe.client.results import LOG, Logged, raised
from regpipe.errors import InputError, UsageError
from regpipe.images.resolve import Wanted
from regpipe.records import targets
from regpipe.records.make import error_record
from regpipe.records.types import (
    CheckRecord,
    ManifestRecord,
    ReferrerRecord,
    RepositoryRecord,
    TagRecord,
)
from regpipe.stage import advice, intake, network, platform, settings
from regpipe.stage.caching import CacheOptions
from regpipe.stage.credentials import CredentialOptions, Credentials
from regpipe.stage.intake import Interpret, Job
from regpipe.stage.options import RunOptions, reference_defaults
from regpipe.stage.output import Failure, Notice, OutputOptions
from regpipe.stage.session import Session, Work
from regpipe.stdio import Streams

Inputs = str | Mapping[str, Any] | Iterable[str | Mapping[str, Any]]
"""One reference or record, or several of them. Other JSON that the verbs take will do too."""
Errors = Literal["raise", "records"]
Hints = Literal["auto", "off", "google", "harbor", "hub", "quay", "zot"]

_BLOB_LIMIT = 4 << 20
_IS_REGISTRY = "this names a registry: list its repositories with catalog"


class Client:
    """Lists and reads what is in registries, layouts and archives; a context manager.

    Connections, tokens and the cache are shared by all calls, which may be made from several
    threads. What an argument does not say is taken from the environment and config.toml, and
    credentials from what `docker login` and `podman login` left, as for the commands. Warnings go
    to the logger `regpipe`.

    Args:
        registry: the registry of references that name none, and of `username`.
        username: a user name; needs `password` and `registry`.
        password: its password.
        authfile: the only file to look for credentials in.
        insecure: do not verify TLS certificates.
        plain_http: use plain HTTP.
        cacert: file of CA certificates to trust besides the system's.
        cert: file of a client certificate.
        key: file of its private key, if not in the same file.
        jobs: concurrent requests to a registry; by default as many as make up for its distance.
        timeout: seconds to wait for a response.
        retries: how many times a request that failed is sent again.
        hints: the list of digests that registries have (`hub` is Docker Hub's, of another host);
            by default it is found out, and `off` uses none.
        cache: whether manifests and configs are kept between runs.
        offline: send no requests: use the cache only.
        errors: `raise` to raise the first failure where it occurs, `records` to yield an error
            record for each, as `--error-records` prints them.

    Raises:
        UsageError: arguments contradict each other, or config.toml is not valid.
        InputError: `registry` is not valid.
    """

    def __init__(  # noqa: PLR0913 -- all are keywords
        self,
        *,
        registry: str | None = None,
        username: str | None = None,
        password: str | None = None,
        authfile: str | None = None,
        insecure: bool = False,
        plain_http: bool = False,
        cacert: str | None = None,
        cert: str | None = None,
        key: str | None = None,
        jobs: int | None = None,
        timeout: int | None = None,
        retries: int | None = None,
        hints: Hints | None = None,
        cache: bool = True,
        offline: bool = False,
        errors: Errors = "raise",
    ) -> None:
        given = argparse.Namespace(
            insecure=insecure, plain_http=plain_http, cacert=cacert, cert=cert, key=key,
            jobs=jobs, timeout=timeout, retries=retries, hints=hints, min_remaining=None,
            verbose=False, quiet=False,
        )  # fmt: skip
        if errors not in ("raise", "records"):
            raise UsageError(f"errors must be 'raise' or 'records', not {errors!r}")
        if hints is not None and hints not in settings.HINTS:
            known = ", ".join(settings.HINTS)
            raise UsageError(f"hints must be one of {known}, not {hints!r}")
        if (username is None) != (password is None):
            raise UsageError("username and password must be used together")
        if username is not None and registry is None:
            raise UsageError("a password needs the registry that it is for: registry=")
        found = settings.load(os.environ)
        connections = network.parse(given, found)
        name, defaults = reference_defaults(found, connections, registry)
        owner = defaults.registry if name else None
        self._errors = errors
        self._options = RunOptions(
            verb="client",
            inputs=(),
            fallback=None,
            defaults=defaults,
            in_order=True,
            output=OutputOptions(),
            network=connections,
            cache=CacheOptions(cache, offline, directory=found.value("cache")),
            credentials=CredentialOptions(username, authfile, owner),
            progress=False,
            no_fail=False,
            settings=found,
        )
        login = None if username is None or password is None else (username, password)
        streams = Streams(io.BytesIO(), io.BytesIO(), Logged())
        credentials = Credentials(login, authfile, owner)
        self._session = Session(self._options, streams, credentials, LOG.warning)

    def __enter__(self) -> "Client":  # noqa: PYI034 -- typing.Self is newer than Python 3.10
        """Begin."""
        self._session.__enter__()
        return self

    def __exit__(self, *about: object) -> None:
        """End: what waits is written to the cache."""
        self._session.finish()
        self._session.__exit__(*about)

    def catalog(self, registries: Inputs) -> Iterator[RepositoryRecord]:
        """Yield the repositories of registries; see `tags` for what is raised."""
        return cast(
            "Iterator[RepositoryRecord]",
            self._records(registries, targets.registries, lists.repositories),
        )

    def tags(self, repositories: Inputs) -> Iterator[TagRecord]:
        """Yield the tags of repositories.

        Raises:
            RegpipeError: an input failed, if errors are raised; `NotFoundError`,
                `UnauthorizedError`, `RegistryError` and `InputError` tell the kinds. The results
                of inputs before it have been yielded.
        """
        return cast(
            "Iterator[TagRecord]", self._records(repositories, targets.repositories, lists.tags)
        )

    def manifests(  # noqa: PLR0913 -- most are keywords
        self,
        images: Inputs,
        *,
        platform: str | None = None,
        all_platforms: bool = False,
        attestations: bool = False,
        referrers: bool = False,
        view: bool = False,
    ) -> Iterator[ManifestRecord]:
        """Yield a record for each image, with its manifest and config.

        Args:
            images: references or records.
            platform: which image of an index: `linux/arm64`; or several, with commas.
            all_platforms: all of them instead.
            attestations: BuildKit's attestations too.
            referrers: whether records have the image's referrers.
            view: whether records have the schema 1 view.

        Raises:
            RegpipeError: see `tags`.
        """
        work = manifests.fetching(
            self._wanted(platform, all_platforms=all_platforms, attestations=attestations),
            view=view,
            with_referrers=referrers,
        )
        return cast("Iterator[ManifestRecord]", self._records(images, targets.images, work))

    def referrers(
        self,
        images: Inputs,
        *,
        artifact_type: str | None = None,
        platform: str | None = None,
        all_platforms: bool = False,
    ) -> Iterator[ReferrerRecord]:
        """Yield the signatures, SBOMs and statements about images.

        Args:
            images: references or records.
            artifact_type: only referrers of this type.
            platform: which image of an index: `linux/arm64`; or several, with commas.
            all_platforms: all of them instead.

        Raises:
            RegpipeError: see `tags`.
        """
        kinds = frozenset({artifact_type} if artifact_type else ())
        work = referrers.finding(self._wanted(platform, all_platforms=all_platforms), kinds)
        return cast("Iterator[ReferrerRecord]", self._records(images, targets.images, work))

    def blobs(self, inputs: Inputs, *, max_size: int = _BLOB_LIMIT) -> Iterator[bytes]:
        """Yield blobs, checked against their digests.

        Args:
            inputs: references by digest, or records, as `regpipe blob` takes them.
            max_size: the size of the largest that is read, in bytes.

        Raises:
            RegpipeError: see `tags`; errors are raised in any case.
        """
        for result in self._results(
            inputs, targets.images, blobs.reading(self._wanted(None), max_size)
        ):
            if isinstance(result, Failure):
                raise raised(result)
            yield result

    def blob(self, name: str | Mapping[str, Any], *, max_size: int = _BLOB_LIMIT) -> bytes:
        """Return one blob; see `blobs`.

        Raises:
            InputError: the input names several.
        """
        first, *others = self.blobs([name], max_size=max_size)
        if others:
            raise InputError("the input names several blobs: use blobs()")
        return first

    def check(self, registry: str) -> CheckRecord:
        """Return what is known of a registry; a failure is its `hint`, and is not raised."""
        work = checks.checking(self._options.network)
        for result in self._results([registry], targets.registries, work):
            if isinstance(result, bytes):
                found: CheckRecord = json.loads(result)
                return found
            raise raised(result)
        raise AssertionError("check gives a record or a failure")

    def _wanted(
        self, name: str | None, *, all_platforms: bool = False, attestations: bool = False
    ) -> Wanted:
        selection = platform.selection(
            self._options.settings, [name] if name else [], all_platforms=all_platforms
        )
        return Wanted(*selection, attestations=attestations)

    def _records(self, inputs: Inputs, interpret: Interpret, work: Work) -> Iterator[Any]:
        for result in self._results(inputs, interpret, work):
            if isinstance(result, bytes):
                yield json.loads(result)
            elif self._errors == "records":
                yield error_record(result.record, result.error)
            else:
                raise raised(result)

    def _results(
        self, inputs: Inputs, interpret: Interpret, work: Work
    ) -> Iterator[bytes | Failure]:
        """Yield what comes of inputs, in their order; notices are logged."""
        for batch in self._session.batches(self._jobs(inputs, interpret), work):
            for result in batch:
                if isinstance(result, Notice):
                    LOG.warning("%s: %s", result.label, result.message)
                else:
                    yield result

    def _jobs(self, inputs: Inputs, interpret: Interpret) -> Iterator[Job]:
        for value in [inputs] if isinstance(inputs, str | Mapping) else inputs:
            label = value if isinstance(value, str) else str(value.get("ref", "input"))
            plain = value if isinstance(value, str) else dict(value)
            defaults = self._options.defaults
            if (
                isinstance(plain, str)
                and interpret is not targets.registries
                and advice.names_registry(plain, defaults.registry)
            ):
                error = InputError(_IS_REGISTRY, code="REFERENCE_INVALID")
                yield Failure(label, {"input": plain}, error)
                continue
            yield from intake.jobs_of(plain, label, interpret, defaults)
