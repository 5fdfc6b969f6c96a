"""Forms of JSON input that are not records: a module each.

A module has three functions: `matches(value)` tells whether an object has its form, `parts(value)`
yields what it names, as records or references, and `repositories(value)` the same for `tags`.
No object may match two forms. Forms are tried in the order of their modules' names.
"""

import importlib
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from regpipe.system import directories


class Form(Protocol):
    """The functions of a module in this package."""

    def matches(self, value: Mapping[str, Any], /) -> bool:
        """Tell whether an object has this form."""

    def parts(self, value: Mapping[str, Any], /) -> Iterable[object]:
        """Yield what the object names: references, or records that name something."""

    def repositories(self, value: Mapping[str, Any], /) -> Iterable[object]:
        """Yield the same for a verb that takes repositories."""


def find(value: Mapping[str, Any]) -> Form | None:
    """Return the form of an object, or None: then it is a record."""
    return next((form for form in _FORMS if form.matches(value)), None)


_FORMS: list[Form] = [
    importlib.import_module(f"{__name__}.{name}") for name in directories.modules(__path__)
]
