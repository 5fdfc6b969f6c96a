"""A network verb's run over its inputs, none of which is lost."""

from collections.abc import Sequence

from regpipe.errors import UsageError
from regpipe.oci.local_names import reads_stdin
from regpipe.stage import credentials, intake, progress_options
from regpipe.stage.intake import Interpret
from regpipe.stage.options import RunOptions
from regpipe.stage.output import Report
from regpipe.stage.session import Session, Work
from regpipe.stdio import Streams
from regpipe.system.interrupts import Interruptible


def run(
    options: RunOptions,
    streams: Streams,
    interpret: Interpret,
    work: Work,
    *,
    output_is_success: bool = True,
) -> int:
    """Run a network verb over its inputs.

    Args:
        options: the options of the command line and the environment.
        streams: where it reads and writes.
        interpret: what an input names.
        work: makes the output of one target.
        output_is_success: whether an input that failed was done in part if it has output.

    Returns:
        The exit code, as `Report.exit_code` says.

    Raises:
        UsageError: the options contradict each other, or no password can be read.
    """
    progress = progress_options.progress(options.verb, options.progress, streams)
    streams = Streams(streams.stdin, streams.stdout, progress.above(streams.stderr))
    given = credentials.read(options.credentials, streams)
    report = Report(options.verb, streams, options.output)
    archive_input = streams.stdin if _is_free_for_archives(options.inputs) else None
    counted = intake.CountedInput(streams.stdin)
    jobs = intake.jobs(
        options.inputs, options.fallback, counted, interpret, options.defaults, verb=options.verb
    )
    # With --user, standard input is the password.
    named = options.inputs or ((options.fallback,) if given.given and options.fallback else ())
    bound = given.bind(named, interpret, options.defaults)
    session = Session(
        options,
        streams,
        bound,
        report.warning,
        archive_input=archive_input,
        throttled=progress.waits,
    )
    try:
        with Interruptible(), session, progress:
            for batch in session.batches(
                progress.inputs(jobs), work, read=lambda: counted.count, finished=progress.finished
            ):
                with progress.around_records():
                    report.write(batch)
                progress.wrote(len(batch), report.failures)
            session.finish()
    except KeyboardInterrupt:
        report.warning(f"interrupted: {progress.so_far()}")
        raise
    done = session.any_success or (output_is_success and session.any_output)
    return report.exit_code(any_success=done, no_fail=options.no_fail)


def _is_free_for_archives(inputs: Sequence[str]) -> bool:
    """Tell whether an archive may be read from standard input: whether that holds no records.

    Raises:
        UsageError: it would have to be both.
    """
    if inputs and "-" not in inputs:
        return True
    if any(reads_stdin(argument) for argument in inputs):
        raise UsageError("standard input cannot be both a list of references (-) and an archive")
    return False
