"""Dockerfiles and Containerfiles."""

import re
from collections.abc import Iterator

from regpipe.refs import stages
from regpipe.refs.context import Context
from regpipe.refs.dockerfile_lines import Dockerfile
from regpipe.refs.items import Image, Unresolved

READS = "text"
_NAME = re.compile(r"(?:.*\.)?(?:docker|container)file(?:[._-].*)?", re.IGNORECASE)
# What is about Dockerfiles, or becomes one.
_OTHERS = re.compile(
    r".*\.(?:adoc|c|cc|cpp|cs|css|dockerignore|containerignore|el|erb|ex|go|h|html|in|j2|java|jinja2?"
    r"|js|json|jsx|kt|lua|md|mustache|php|pl|png|py|rb|rs|rst|sh|snap|svg|swift|template|tmpl|toml"
    r"|tpl|ts|tsx|txt|vim|xml|ya?ml)",
    re.IGNORECASE,
)


def claims(path: str) -> bool:
    """Tell whether a file is called Dockerfile, Containerfile.dev, app.dockerfile and so on."""
    name = path.rpartition("/")[2]
    return _NAME.fullmatch(name) is not None and not _OTHERS.fullmatch(name)


def recognizes(text: str) -> bool:
    """Tell whether a text begins with FROM, or with ARG and has a FROM."""
    names = [one.name for one in Dockerfile(text).instructions if one.words]
    return names[:1] in (["from"], ["arg"]) and "from" in names


def references(text: str, context: Context) -> Iterator[Image | Unresolved]:
    """Yield the images that a Dockerfile builds on."""
    return stages.images(text, context.variables)
