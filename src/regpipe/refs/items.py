"""What the parsers of kinds/ find in a file, and what a run makes of it."""

from typing import NamedTuple

from regpipe.errors import ExitCode, RegpipeError
from regpipe.refs.inherited import Inherited


class Image(NamedTuple):
    """A reference in a file.

    Attributes:
        line: the line it begins on, from 1.
        text: the reference as it is written; fields that a file keeps apart are joined.
        value: the reference to look up: `text` with its variables replaced.
        column: the column that it begins at, from 1; 0 if that is not known. In what a parser
            yields, the column of the quote or the like in front of it will do.
        warning: why the program that reads the file may refuse it; empty if it does not.
    """

    line: int
    text: str
    value: str
    column: int = 0
    warning: str = ""


class Unresolved(NamedTuple):
    """A reference that the file alone does not tell.

    Attributes:
        line: the line it begins on, from 1.
        text: the reference as it is written.
        reason: what is missing and what to do; follows a colon in messages.
        needs_rendering: whether a template engine fills it in.
        column: as that of an image.
    """

    line: int
    text: str
    reason: str
    needs_rendering: bool = False
    column: int = 0


class Include(NamedTuple):
    """Another file of the same project that belongs to this one.

    Attributes:
        line: the line that names it, from 1.
        pattern: its path from the root of the project; `*` and `**` are wildcards.
        inherited: what it has from this one.
    """

    line: int
    pattern: str
    inherited: Inherited


Item = Image | Unresolved | Include


class IncompleteError(RegpipeError):
    """A part of the input gives no record, through no mistake in it; the rest does.

    That is a reference that the file alone does not tell, or a file of a directory that cannot be
    read.
    """

    code = "REFERENCE_UNRESOLVED"
    exit_code = ExitCode.PARTIAL


class Found(NamedTuple):
    """A reference with the file and the kind of file it is from.

    Attributes:
        file: the file's path; `-` is standard input.
        kind: the kind of file, such as `compose`.
        image: the reference.
    """

    file: str
    kind: str
    image: Image


class Problem(NamedTuple):
    """A reference, a file or a part of one that gives no record.

    Attributes:
        file: the file's path.
        line: the line of the problem, if it has one.
        kind: the kind of file, if it is known.
        text: the reference as it is written, if the problem is with one.
        error: what is wrong.
        column: the column of the reference; 0 if that is not known.
    """

    file: str
    line: int | None
    kind: str | None
    text: str | None
    error: RegpipeError
    column: int = 0


class Remark(NamedTuple):
    """A warning about a file or a directory that is not a failure."""

    file: str
    message: str


Result = Found | Problem | Remark
