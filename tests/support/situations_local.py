"""Situations without a registry: command lines, inputs, files, the cache and programs."""

import sqlite3

from regpipe.cache import database
from support import images
from support.archives import docker_save, pack
from support.push import write_layout
from support.situations import Environment, Preparation, Situation
from support.situations_remote import APP, ZEROS, filled, no_such_host

RECORD = '{"ref":"my.registry/team/app:v1","tag":"v1"}'


def layout(environment: Environment) -> None:
    """Write an OCI layout called layout."""
    write_layout(
        environment.directory / "layout", {"v1": images.oci("one"), "v2": images.oci("two")}
    )


def less(pattern: str) -> Preparation:
    """Write the layout without a file."""

    def prepare(environment: Environment) -> None:
        layout(environment)
        min((environment.directory / "layout").glob(pattern)).unlink()

    return prepare


def holding(name: str, text: str) -> Preparation:
    """Write the layout with other content in one file."""

    def prepare(environment: Environment) -> None:
        layout(environment)
        environment.file(f"layout/{name}", text)

    return prepare


def archive(environment: Environment) -> None:
    """Write an archive of two images as `docker save` does."""
    saved = [(images.classic("one"), ["app:v1"]), (images.classic("two"), ["app:v2"])]
    environment.file("save.tar", pack(docker_save(saved)))


def damaged_archive(environment: Environment) -> None:
    """Write the archive, truncated in the middle."""
    archive(environment)
    path = environment.directory / "save.tar"
    path.write_bytes(path.read_bytes()[:5000])


def files(**contents: str) -> Preparation:
    """Write files in the current directory; `_` in a name stands for a dot."""

    def prepare(environment: Environment) -> None:
        for name, content in contents.items():
            environment.file(name.replace("_", "."), content)

    return prepare


def offline(prepare: Preparation) -> Preparation:
    """Prepare, and make every DNS lookup fail."""

    def both(environment: Environment) -> None:
        prepare(environment)
        no_such_host(environment)

    return both


def own_program(name: str, text: str) -> Preparation:
    """Write a program of the user's own."""
    return lambda environment: environment.file(
        f"{environment.home}/.config/regpipe/filters/{name}.jq", text
    )


def cache_of_another(environment: Environment) -> None:
    """Put another program's database where the cache should be."""
    path = environment.home / ".cache" / "regpipe"
    path.mkdir(parents=True)
    environment.monkeypatch.setenv("REGPIPE_CACHE", str(path))
    with sqlite3.connect(path / database.NAME) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    filled(environment)


def cache_is_a_file(environment: Environment) -> None:
    """Put a file where the cache's directory should be."""
    environment.monkeypatch.setenv("REGPIPE_CACHE", str(environment.file("cache", "")))
    filled(environment)


LOCAL = {
    # The command line.
    "no command": Situation(""),
    "an unknown command": Situation("frobnicate"),
    "a mistyped command": Situation("manifest"),
    "a program in place of a command": Situation("newest"),
    # What an argument was meant as.
    "tags of a registry": Situation("tags localhost:5000"),
    "manifests of a registry": Situation("manifests 10.1.2.3:5000"),
    "a registry on standard input": Situation("tags", stdin="registry.corp.test"),
    "manifests of a file of records": Situation(
        "manifests --retries 0 saved.ndjson", offline(files(saved_ndjson=RECORD))
    ),
    "manifests of a file that could be an image": Situation(
        "manifests --retries 0 team/saved", offline(files(**{"team/saved": RECORD}))
    ),
    "tags of a pattern": Situation("tags my.registry/team/*"),
    "tags of a directory with a layout": Situation("tags --retries 0 layout", offline(layout)),
    "tags of ./ and a directory": Situation("tags ./layout", layout),
    "manifests of an archive": Situation("manifests --retries 0 save.tar", offline(archive)),
    "catalog of a repository": Situation("catalog my.registry:5000/team"),
    "an unknown option": Situation(f"tags --nosuch {APP}"),
    "an option without its value": Situation("manifests --platform"),
    "a number of jobs out of range": Situation(f"tags -j 0 {APP}"),
    "a number of jobs that is not a number": Situation(f"tags -j many {APP}"),
    "a timeout that is not a number": Situation(f"tags --timeout soon {APP}"),
    "a size that is not a size": Situation(f"blob --max-size big {APP}@{ZEROS}"),
    "one platform and all of them": Situation(
        f"manifests --platform linux/s390x --all-platforms {APP}:v1"
    ),
    "a platform that is not valid": Situation(f"manifests --platform linux {APP}:v1"),
    "two options that contradict each other": Situation(f"manifests --offline --no-cache {APP}:v1"),
    "a user without a password": Situation(f"tags --user me {APP}"),
    "a user with a password": Situation(f"tags --user me:secret {APP}"),
    "a password without text": Situation(f"tags --user me --password-stdin {APP}", stdin=""),
    "a password where the input should be": Situation(
        "tags --user me --password-stdin", stdin="secret"
    ),
    "a colon in the user's name": Situation(
        f"tags --user me:you --password-stdin {APP}", stdin="secret"
    ),
    "a file of credentials that is not there": Situation(f"tags --authfile nosuch.json {APP}"),
    "a password in a reference": Situation("tags https://me:secret@my.registry/team/app"),
    # Inputs.
    "a malformed reference": Situation("manifests 'Bad Ref'"),
    "a repository in capital letters": Situation("manifests my.registry/Team/App:v1"),
    "a tag that is not valid": Situation(f"manifests {APP}:v1!"),
    "a digest that is not valid": Situation(f"manifests {APP}@sha256:123"),
    "a registry in place of a repository": Situation("tags https://my.registry"),
    "a blob by its tag": Situation(f"blob {APP}:v1", filled),
    "malformed JSON": Situation("manifests", stdin='{"ref": "x'),
    "JSON that is not a record": Situation("manifests", stdin='{"color":"red"}'),
    "a record whose ref is a number": Situation("manifests", stdin='{"ref":5}'),
    "a number": Situation("manifests", stdin="[5]"),
    "a record of a repository where an image is needed": Situation(
        "manifests", stdin='{"registry":"http://my.registry","repository":"team/app"}'
    ),
    "a terminal escape in a reference": Situation("manifests 'bad\x1b]0;ref'"),
    # Local images.
    "a layout that is not there": Situation("tags oci:nosuch"),
    "a file in place of a layout": Situation("tags oci:save.tar", archive),
    "a directory that is not a layout": Situation("tags oci:.", files(readme_txt="hello")),
    "a tag that the layout lacks": Situation("manifests oci:layout:v9", layout),
    "a layout with several images, and no tag": Situation("manifests oci:layout", layout),
    "a layout without one of its blobs": Situation(
        "manifests oci:layout:v1 oci:layout:v2", less("blobs/sha256/*")
    ),
    "a layout whose index is not JSON": Situation(
        "tags oci:layout", holding("index.json", "<html>")
    ),
    "a layout without a path": Situation("tags oci:"),
    "an archive that is not there": Situation("tags docker-archive:nosuch.tar"),
    "an archive that is cut short": Situation(
        "manifests docker-archive:save.tar:app:v1", damaged_archive
    ),
    "an archive that is not an archive": Situation(
        "tags docker-archive:x.tar", files(x_tar="hello, environment\n" * 100)
    ),
    "an empty archive": Situation("tags oci-archive:x.tar", files(x_tar="")),
    "a tag that the archive lacks": Situation("manifests docker-archive:save.tar:app:v9", archive),
    "a docker archive as an OCI archive": Situation("tags oci-archive:save.tar", archive),
    "a directory in place of an archive": Situation("tags oci-archive:layout", layout),
    # The cache.
    "offline, and not in the cache": Situation(f"manifests --offline {APP}:v1", filled),
    "offline, and a list that is not in the cache": Situation(f"tags --offline {APP}", filled),
    "another program's database in place of the cache": Situation(f"tags {APP}", cache_of_another),
    "the same, and the cache is shown": Situation("cache", cache_of_another),
    "a file in place of the cache's directory": Situation(f"tags {APP}", cache_is_a_file),
    "an age that is not valid": Situation("cache --prune soon"),
    "clear and prune": Situation("cache --clear --prune 30d"),
    # refs.
    "a variable without a value": Situation("refs -", stdin="FROM golang:$VERSION\n"),
    "a base in capitals": Situation("refs -", stdin="FROM Golang\n"),
    "a file of no known kind": Situation("refs -", stdin="hello\n"),
    "a Compose file that is not YAML": Situation("refs --kind compose -", stdin="services: [\n"),
    "a kind that there is not": Situation("refs --kind docker -"),
    "a file of images that is not there": Situation("refs nosuch.yaml"),
    # summarize.
    "a program that does not compile": Situation("summarize '.a |'", stdin="{}"),
    "a function that is not defined": Situation("summarize nosuch", stdin="{}"),
    "a mistyped program": Situation("summarize --show newst"),
    "a program that fails": Situation("summarize '.a.b'", stdin='{"a":1}'),
    "input that is not JSON": Situation("summarize .", stdin="hello"),
    "input that is cut short": Situation("summarize .", stdin='{"a":1}{"b":'),
    "a file that is not there": Situation("summarize . nosuch.ndjson"),
    "a program file that is not there": Situation("summarize -f nosuch.jq", stdin="{}"),
    "an unknown option of summarize": Situation("summarize --nosuch ."),
    "an unknown short option of summarize": Situation("summarize -Z ."),
    "an option of summarize without its values": Situation("summarize --arg n"),
    "a value that is not JSON": Situation("summarize --argjson n x ."),
    "an indent out of range": Situation("summarize --indent 9 ."),
    "a value file that is not there": Situation("summarize --slurpfile n nosuch.json ."),
    "a module that is not there": Situation("""summarize 'import "nosuch" as m; .'""", stdin="{}"),
    "a parameter of the wrong type": Situation("summarize newest --arg n three", stdin=RECORD),
    "a program of one's own that does not compile": Situation(
        "summarize mine", own_program("mine", "# Mine.\n.a |\n"), stdin="{}"
    ),
}
"""The situations by name, in the order of the golden file."""
