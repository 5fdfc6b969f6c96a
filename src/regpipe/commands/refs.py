"""`regpipe refs`: find the images named in Compose files and manifests."""

import argparse

from regpipe.errors import InputError, UsageError
from regpipe.oci import reference
from regpipe.records import ndjson
from regpipe.records.make import reference_record
from regpipe.refs import kinds, meaning
from regpipe.refs.finder import STDIN, Finder, Options
from regpipe.refs.items import Problem, Remark, Result
from regpipe.refs.kinds import Kind
from regpipe.stage import output_options
from regpipe.stage.output import Failure, Notice, Report
from regpipe.stage.parser import Help, Parser
from regpipe.stdio import Streams
from regpipe.text import quoted, without_password

_EXAMPLE = "regpipe refs . | regpipe manifests | regpipe summarize"
_HELP = Help(
    "Find image references in files: a record for each, with the file and the line.\n\n"
    f"Kinds of files: {', '.join(kinds.KINDS)}. A file's name and content tell its kind. "
    "In a directory every such file is read, unless .gitignore excludes it.",
    "files, directories, or - for standard input (default: standard input)",
    examples=(
        _EXAMPLE,
        "kubectl get pods -A -o json | regpipe refs - | jq -r .ref | sort -u",
    ),
    more="A reference with a variable that has neither a default nor a --var is an error.",
    operand="FILE",
)


def main(argv: list[str], streams: Streams) -> int:
    """Find references; return the exit code.

    Raises:
        UsageError: the command line is not valid.
    """
    args = _parser(streams).parse_args(argv)
    arguments = args.inputs or [STDIN]
    if STDIN in arguments and streams.stdin.isatty():
        raise UsageError(f"no input: name files or directories: {_EXAMPLE}")
    registry = reference.parse_registry(args.registry or meaning.DEFAULT_REGISTRY)
    options = Options(args.kind, dict(args.var), args.no_ignore)
    report = Report("refs", streams, output_options.parse(args))
    finder = Finder(options, streams.stdin)
    any_success = False
    for argument in arguments:
        for results in finder.references(argument):
            outputs = [_output(result, registry) for result in results]
            report.write(outputs)
            any_success = any_success or any(isinstance(output, bytes) for output in outputs)
    return report.exit_code(any_success=any_success, no_fail=args.no_fail)


def _output(result: Result, registry: str) -> bytes | Failure | Notice:
    """Return the record of a reference, or what to report instead."""
    if isinstance(result, Remark):
        return Notice(result.file, result.message)
    if isinstance(result, Problem):
        return _failure(result)
    file, kind, image = result
    try:
        ref = meaning.parse(image.value, registry)
    except InputError as error:
        if image.value != image.text:
            # What a variable stands for may be a secret.
            reason = "not a valid reference after its variables are replaced"
            error = InputError(f"{quoted(image.text)} is {reason}", code=error.code)
        return _failure(Problem(file, image.line, kind, image.text, error, image.column))
    place = _place(file, image.line, image.column)
    return ndjson.write(reference_record(ref, **place, kind=kind, text=image.text))


def _failure(problem: Problem) -> Failure:
    place = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
    found = {
        **_place(problem.file, problem.line, problem.column),
        "kind": problem.kind,
        "text": without_password(problem.text) if problem.text else None,
    }
    given = {key: value for key, value in found.items() if value is not None}
    return Failure(place, {"found": given}, problem.error)


def _place(file: str, line: int | None, column: int) -> dict[str, str | int | None]:
    return {"file": file, "line": line, **({"column": column} if column else {})}


def _parser(streams: Streams) -> Parser:
    parser = Parser("refs", _HELP, streams)
    group = parser.options
    group.add_argument(
        "--kind",
        type=_kind,
        metavar="KIND",
        help="read all files as this kind, whatever they are called",
    )
    group.add_argument(
        "--var",
        metavar="NAME=VALUE",
        type=_variable,
        action="append",
        default=[],
        help="give a variable in the files a value; may be repeated",
    )
    group.add_argument(
        "--registry",
        metavar="URL",
        help="registry of the references that name none (default: Docker Hub)",
    )
    group.add_argument(
        "--no-ignore", action="store_true", help="read files that .gitignore excludes, too"
    )
    output = parser.add_argument_group("Output")
    output_options.add_options(output)
    output.add_argument("-q", "--quiet", action="store_true", help="no warnings: errors only")
    return parser


def _kind(name: str) -> Kind:
    kind = kinds.KINDS.get(name)
    if not kind:
        raise argparse.ArgumentTypeError(
            f"{ascii(name)} is not a kind of file: choose from {', '.join(kinds.KINDS)}"
        )
    return kind


def _variable(text: str) -> tuple[str, str]:
    name, is_set, value = text.partition("=")
    if not name or not is_set:
        raise argparse.ArgumentTypeError(f"{ascii(text)} is not NAME=VALUE")
    return name, value
