"""What completion offers."""

from pathlib import Path

import pytest

from regpipe.manual import helptext
from regpipe.manual.candidates import Knowledge, candidates

HELP = {
    "tags": "usage: regpipe tags [OPTION…] [INPUT…]\n\nText.\n\nOptions:\n  -j, --jobs N  many\n"
    "  --cacert FILE  a file\n  --kind KIND  a kind\n  --platform P  one\n"
    "  -k, --insecure  a switch\n",
    "summarize": "usage: regpipe summarize [OPTION…] [PROGRAM] [FILE…]\n\nText.\n\nOptions:\n"
    "  -r, --raw-output  a switch\n  --arg NAME TEXT  a value\n  --slurpfile NAME FILE  a file\n",
}
KNOWN = Knowledge(
    verbs={"tags": "list tags", "summarize": "run a program"},
    help_of=lambda verb: helptext.parse(HELP.get(verb, "")),
    words={"help": lambda: ["tags", "exit-codes"]},
    programs=lambda: [("newest", "the newest"), ("sizes", "sizes")],
    parameters=lambda program: [("n", "how many")] if program == "newest" else [],
    references=lambda _, text: [one for one in ("a.b/c", "a.b/d") if one.startswith(text)],
    choices={"--kind": lambda: ["compose", "kubernetes"]},
)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("regpipe ", ["tags", "summarize", "--help", "--version"]),
        ("regpipe su", ["summarize"]),
        ("regpipe tags --", ["--jobs", "--cacert", "--kind", "--platform", "--insecure"]),
        ("regpipe tags -j ", []),
        ("regpipe tags --cacert ", [":files"]),
        ("regpipe tags --cacert x", [":files"]),
        ("regpipe tags --platform windows", ["windows/amd64"]),
        ("regpipe tags a.b/d", ["a.b/d"]),
        ("regpipe tags -k a.b/d", ["a.b/d"]),
        ("regpipe tags doc", ["docker-archive:"]),
        ("regpipe tags oci:", ["oci:folder/", "oci:saved.tar"]),
        ("regpipe tags oci:fo", ["oci:folder/"]),
        ("regpipe tags oci-archive:folder/", ["oci-archive:folder/inner.tar"]),
        ("regpipe tags oci:nosuch/", []),
        ("regpipe tags --platform=windows", ["--platform=windows/amd64"]),
        ("regpipe tags --jobs=", []),
        ("regpipe tags --kind c", ["compose"]),
        ("regpipe tags -- --", []),
        ("regpipe summarize ", ["newest", "sizes"]),
        ("regpipe summarize -r ne", ["newest"]),
        ("regpipe summarize newest ", [":files"]),
        ("regpipe summarize newest --arg ", ["n"]),
        ("regpipe summarize newest --arg n ", []),
        ("regpipe summarize newest --arg n 3 ", [":files"]),
        ("regpipe summarize --slurpfile used ", [":files"]),
        ("regpipe help e", ["exit-codes"]),
        ("regpipe help tags ", []),
        ("regpipe nosuch ", []),
        ("regpipe summarize -r 'within", []),
    ],
)
def test_candidates(
    line: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("saved.tar", "folder/inner.tar", ".hidden"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    found = [word for word, _ in candidates(line, KNOWN)]
    assert found == words
