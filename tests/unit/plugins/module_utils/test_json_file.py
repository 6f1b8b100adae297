"""Files that a module leaves: whole or not at all, for their owner, and nobody's is overwritten."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._json_file import (
    place,
    write,
    write_text,
)

VALUE = {"a": [1, "ü"]}


@pytest.mark.parametrize("replace", [True, False])
def test_a_new_file_is_its_owners_alone(tmp_path: Path, replace: bool) -> None:
    path = tmp_path / "file.json"
    before = os.umask(0)
    try:
        assert write(str(path), VALUE, replace=replace)
    finally:
        os.umask(before)
    assert json.loads(path.read_text(encoding="utf-8")) == VALUE
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def written(path: Path) -> tuple[int, ...]:
    """What changes when a file is written; its time of access does when it is only read."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@pytest.mark.parametrize("replace", [True, False])
def test_the_same_again_changes_nothing(tmp_path: Path, replace: bool) -> None:
    path = tmp_path / "file.json"
    write(str(path), VALUE)
    made = written(path)
    assert not write(str(path), VALUE, replace=replace)
    assert written(path) == made


def test_something_else_is_replaced_only_where_it_may_be(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write(str(path), VALUE)
    with pytest.raises(StemeDBError, match="is there already") as caught:
        write(str(path), {}, replace=False)
    assert caught.value.code == "config"
    assert str(path) in caught.value.message
    assert json.loads(path.read_text(encoding="utf-8")) == VALUE
    assert write(str(path), {})
    assert json.loads(path.read_text(encoding="utf-8")) == {}
    assert list(tmp_path.iterdir()) == [path]


def test_one_that_appears_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.json"
    link = os.link

    def late(made: str, name: str) -> None:
        path.write_text("mine", encoding="utf-8")
        link(made, name)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(StemeDBError, match="is there already"):
        write(str(path), VALUE, replace=False)
    assert path.read_text(encoding="utf-8") == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_check_mode_says_what_would_be_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    assert write(str(path), VALUE, check_mode=True)
    assert list(tmp_path.iterdir()) == []
    write(str(path), VALUE)
    assert not write(str(path), VALUE, check_mode=True)
    with pytest.raises(StemeDBError):
        write(str(path), {}, check_mode=True, replace=False)


@pytest.mark.parametrize("name", ["missing/file.json", ".", "file.json/x"])
def test_a_place_that_cannot_be_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.json").write_text("", encoding="utf-8")
    with pytest.raises(StemeDBError, match="cannot be used") as caught:
        write(str(tmp_path / name), VALUE)
    assert caught.value.code == "config"
    assert str(tmp_path / name) in caught.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["file.json"]


def test_a_text_is_for_those_whom_the_mode_allows(tmp_path: Path) -> None:
    path = tmp_path / "m.prom"
    assert write_text(str(path), "x 1\n", mode=0o644)
    assert (path.read_text(encoding="utf-8"), path.stat().st_mode & 0o777) == ("x 1\n", 0o644)
    assert not write_text(str(path), "x 1\n", mode=0o644)
    place(str(path), "x 2\n")
    assert (path.read_text(encoding="utf-8"), path.stat().st_mode & 0o777) == ("x 2\n", 0o600)
    assert list(tmp_path.iterdir()) == [path]
