"""Files that are read whole, and those of a directory tree."""

import os
import socket
from pathlib import Path

import pytest

from regpipe.errors import InputError, NotFoundError, RegistryError
from regpipe.refs import files


def tree(directory: Path, *names: str) -> None:
    """Make files, each with its name as content."""
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def found(directory: Path, **options: bool) -> list[str]:
    entries = list(files.walk(str(directory), **options))
    assert [entry for entry in entries if entry.error] == []
    return [os.path.relpath(entry.path, directory) for entry in entries]


def test_a_file_is_read(tmp_path: Path) -> None:
    tree(tmp_path, "a")
    assert files.read(str(tmp_path / "a")) == b"a"


@pytest.mark.parametrize("name", ["nosuch", "a/b"])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    tree(tmp_path, "a")
    with pytest.raises(NotFoundError):
        files.read(str(tmp_path / name))


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    tree(tmp_path, "a")
    (tmp_path / "a").chmod(0)
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    with pytest.raises(RegistryError, match="Permission denied"):
        files.read(str(tmp_path / "a"))


def test_pipes_sockets_devices_and_directories_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="a named pipe, not a regular file"):
        files.read(str(tmp_path / "pipe"))
    with pytest.raises(InputError, match="a device, not a regular file"):
        files.read("/dev/zero")
    with pytest.raises(InputError, match="a directory, not a regular file"):
        files.read(str(tmp_path))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        with pytest.raises(InputError, match="a socket, not a regular file"):
            files.read(str(tmp_path / "socket"))


def test_a_large_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_SIZE", 1 << 20)
    (tmp_path / "a").write_bytes(b"x" * (1 << 20))
    (tmp_path / "b").write_bytes(b"x" * ((1 << 20) + 1))
    assert len(files.read(str(tmp_path / "a"))) == 1 << 20
    with pytest.raises(InputError, match="larger than 1 MiB"):
        files.read(str(tmp_path / "b"))


def test_links_are_followed_only_if_asked_to(tmp_path: Path) -> None:
    tree(tmp_path, "a")
    (tmp_path / "link").symlink_to("a")
    assert files.read(str(tmp_path / "link")) == b"a"
    with pytest.raises(InputError, match="a symbolic link, not a regular file"):
        files.read(str(tmp_path / "link"), follow=False)


def test_a_tree_is_walked_in_order_files_first(tmp_path: Path) -> None:
    tree(tmp_path, "b/c", "a/z", "a/b/c", "c", ".d")
    assert found(tmp_path) == [".d", "c", "a/z", "a/b/c", "b/c"]


def test_version_control_is_left_out(tmp_path: Path) -> None:
    tree(tmp_path, ".git/config", "a/.git", "a/.hg/x", ".github/b")
    assert found(tmp_path) == [".github/b"]


def test_ignored_files_are_left_out(tmp_path: Path) -> None:
    tree(tmp_path, "a.log", "keep.log", "build/x", "sub/a.log", "sub/build", "sub/own", "c")
    (tmp_path / ".gitignore").write_text("*.log\n!keep.log\nbuild/\n")
    (tmp_path / "sub/.gitignore").write_text("/own\n!a.log\n")
    ignored = [".gitignore", "c", "keep.log", "sub/.gitignore", "sub/a.log", "sub/build"]
    assert found(tmp_path) == ignored
    assert "build/x" in found(tmp_path, with_ignored=True)


def test_rules_above_the_directory_hold_up_to_the_repository(tmp_path: Path) -> None:
    tree(tmp_path, "out/.gitignore", "out/repo/.git/x", "out/repo/a/b/skip", "out/repo/a/b/not")
    (tmp_path / "out/.gitignore").write_text("not\n")
    (tmp_path / "out/repo/.gitignore").write_text("/a/b/skip\n")
    assert found(tmp_path / "out/repo/a") == ["b/not"]
    (tmp_path / "out/repo/.git/x").unlink()
    (tmp_path / "out/repo/.git").rmdir()
    assert found(tmp_path / "out/repo/a") == ["b/not", "b/skip"]


def test_an_ignored_directory_that_is_named_is_walked(tmp_path: Path) -> None:
    tree(tmp_path, ".git/x", "build/a")
    (tmp_path / ".gitignore").write_text("build/\n")
    assert found(tmp_path / "build") == ["a"]


def test_a_link_into_the_tree_is_passed_over(tmp_path: Path) -> None:
    tree(tmp_path, "a/b")
    (tmp_path / "file").symlink_to("a/b")
    (tmp_path / "directory").symlink_to("a")
    (tmp_path / "a/loop").symlink_to("..")
    (tmp_path / "dangling").symlink_to("nosuch")
    (tmp_path / "self").symlink_to("self")
    assert found(tmp_path) == ["a/b"]


@pytest.mark.parametrize("target", ["/etc/hostname", "../other", "/etc"])
def test_a_link_out_of_the_tree_is_an_error(tmp_path: Path, target: str) -> None:
    tree(tmp_path, "other", "top/a")
    (tmp_path / "top/link").symlink_to(target)
    first, second = files.walk(str(tmp_path / "top"))
    assert (first.path, first.error) == (f"{tmp_path}/top/a", None)
    assert second.path == f"{tmp_path}/top/link"
    assert second.error is not None
    assert "a symbolic link out of the directory" in second.error.message
    assert second.is_directory is (target == "/etc")


def test_a_directory_that_cannot_be_read_does_not_end_the_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path, "a/b", "c/d")
    scandir = os.scandir

    def refusing(path: str) -> object:
        if path.endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    first, second = files.walk(str(tmp_path))
    assert first.error is not None
    assert (first.error.message, first.is_directory) == ("Permission denied", True)
    assert second.path == f"{tmp_path}/c/d"


def test_a_deep_tree_is_walked(tmp_path: Path) -> None:
    depth = 500
    directory = tmp_path.joinpath(*["d"] * depth)
    directory.mkdir(parents=True)
    (directory / "a").touch()
    assert [path.count("d/") for path in found(tmp_path)] == [depth]


def test_a_project_is_a_repository_or_the_directory_itself(tmp_path: Path) -> None:
    tree(tmp_path, "a/.git/x", "a/b/c/d")
    assert files.project_of(str(tmp_path / "a/b/c")) == str(tmp_path / "a")
    tree(tmp_path, "e/f")
    assert files.project_of(str(tmp_path / "e")) == str(tmp_path / "e")
