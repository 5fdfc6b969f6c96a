"""What a run knows of the tags that it is about to request."""

from typing import NamedTuple

from regpipe.sources.hints.demand import Demand
from regpipe.sources.hints.sample import Sample


class Ahead(NamedTuple):
    """What the registries of a run share.

    Attributes:
        demand: how many tags of each repository were read from the input.
        sample: how many of them are yet to be compared.
    """

    demand: Demand
    sample: Sample
