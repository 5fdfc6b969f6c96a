"""The options of a network verb's run: the command line and the environment, parsed once."""

import argparse
import os
from typing import NamedTuple

from regpipe.errors import InputError, UsageError
from regpipe.oci import reference
from regpipe.oci.reference import Defaults
from regpipe.stage import caching, credentials, network, output_options, progress_options, settings
from regpipe.stage.caching import CacheOptions
from regpipe.stage.credentials import CredentialOptions
from regpipe.stage.network import Connections
from regpipe.stage.output import OutputOptions
from regpipe.stage.parser import Help, Parser
from regpipe.stage.settings import Settings
from regpipe.stdio import Streams

LOCAL_SOURCES = "oci:DIR, oci-archive:FILE, docker-archive:FILE (- as FILE is standard input)"
"""How the help of verbs writes local sources."""

IMAGE_INPUTS = (
    f"references: team/app:v1, repo@sha256:…, {LOCAL_SOURCES} (default: lines, records, a"
    " registry's tags/list JSON, that of skopeo list-tags, docker image ls or kubectl get -o json"
    " on standard input)"
)
"""How the help of verbs writes the images that they take."""


class RunOptions(NamedTuple):
    """The options that all network verbs share.

    Attributes:
        verb: the verb's name, for messages.
        inputs: its arguments, `-` for standard input; none means standard input.
        fallback: the input taken where standard input turns out to be empty, if there is one.
        defaults: what a reference gets that names no registry or scheme.
        in_order: whether records are written in the order of the inputs.
        output: what is written, and how.
        no_fail: whether failed inputs leave the exit code alone.
        network: how registries are reached.
        cache: whether and how the cache is used.
        credentials: what the run was given to log in with.
        progress: whether to show the progress line; None to show it where it is of use.
        settings: the settings that all of this, and the platforms, come from.
    """

    verb: str
    inputs: tuple[str, ...]
    fallback: str | None
    defaults: Defaults
    in_order: bool
    output: OutputOptions
    no_fail: bool
    network: Connections
    cache: CacheOptions
    credentials: CredentialOptions
    progress: bool | None
    settings: Settings

    def colored(self, *, allowed: bool) -> "RunOptions":
        """Return the options, without colors where the output is not only records."""
        return self if allowed else self._replace(output=self.output._replace(color=False))


def reference_defaults(
    found: Settings, connections: Connections, given: str | None
) -> tuple[str | None, Defaults]:
    """Return the registry of references that name none, where one is set, and all their defaults.

    Args:
        found: the settings.
        connections: how registries are reached.
        given: the registry on the command line, if any.

    Raises:
        InputError: the registry's name is not valid.
    """
    defaults = Defaults(
        plain_http=connections.general.plain_http, plain_http_hosts=connections.plain_hosts
    )
    named = found.find("default-registry", given)
    if named is None or not named.value:
        return None, defaults
    try:
        registry = reference.parse_registry(named.value, defaults)
    except InputError as error:
        raise error.about(named.origin) from error
    return named.value, defaults._replace(registry=registry)


class NetworkParser(Parser):
    """The parser of a network verb: its own options, then those that all of them have.

    Args:
        verb: the verb's name.
        words: those of its help.
        streams: where the help goes, and where standard input is.
        cached: whether the verb may use the cache.
        counted: whether it fetches what registries count against a rate limit.
        default_registry: for verbs whose inputs are registries: what they are about where
            neither an input nor `--registry` nor $REGPIPE_REGISTRY names one; may be empty. None
            for verbs with other inputs.
    """

    def __init__(  # noqa: PLR0913 -- all but three are keywords
        self,
        verb: str,
        words: Help,
        streams: Streams,
        *,
        cached: bool = True,
        counted: bool = True,
        default_registry: str | None = None,
    ) -> None:
        super().__init__(verb, words, streams)
        self._verb = verb
        self._example = words.examples[0]
        self._cached = cached
        self._counted = counted
        self._default_registry = default_registry
        self.output = self.add_argument_group("Output")
        """The group of the options about what is printed."""

    def parse_run(self, argv: list[str]) -> tuple[argparse.Namespace, RunOptions]:
        """Return the values of the verb's own options, and what a run is given.

        Raises:
            UsageError: the options contradict each other, or there is no input.
            InputError: a registry's name is not valid.
        """
        self._add_shared_options()
        args = self.parse_args(argv)
        found = settings.load(os.environ)
        connections = network.parse(args, found)
        registry, defaults = reference_defaults(found, connections, args.registry)
        inputs, fallback = self._inputs(args, registry)
        return args, RunOptions(
            verb=self._verb,
            inputs=inputs,
            fallback=fallback,
            defaults=defaults,
            in_order=not args.unordered,
            output=output_options.parse(args),
            no_fail=args.no_fail,
            network=connections,
            cache=caching.parse(args, found) if self._cached else CacheOptions(is_unused=True),
            credentials=credentials.parse(
                args, defaults, stdin_is_free=bool(inputs or fallback) and "-" not in inputs
            ),
            progress=args.progress,
            settings=found,
        )

    def _add_shared_options(self) -> None:
        self.output.add_argument(
            "--unordered",
            action="store_true",
            help="write records as they complete, not in input order",
        )
        output_options.add_options(self.output)
        network.add_options(self, counted=self._counted)
        credentials.add_options(self)
        if self._cached:
            caching.add_options(self)
        progress_options.add_options(self)

    def _inputs(
        self, args: argparse.Namespace, registry: str | None
    ) -> tuple[tuple[str, ...], str | None]:
        """Return the inputs and the fallback. Records are never expected to be typed in.

        Args:
            args: the parsed command line.
            registry: the registry of references that name none, where it is set.

        Raises:
            UsageError: there is no input, and standard input is a terminal.
        """
        inputs, fallback = tuple(args.inputs), None
        if self._default_registry is not None:
            if args.registry and not inputs:
                inputs = (args.registry,)
            fallback = registry or self._default_registry or None
        if inputs or not self._streams.stdin.isatty():
            return inputs, fallback
        if fallback is None:
            raise UsageError(f"no input: give arguments or pipe records in: {self._example}")
        return (fallback,), fallback
