"""The file by which a wait tells how far it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.progress_file import (
    ProgressFile,
)


def test_a_line_is_there_as_soon_as_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "progress"
    with ProgressFile(str(path)) as progress:
        progress.tell("first … ✓")
        assert path.read_text(encoding="utf-8") == "first … ✓\n"
        progress.tell(None)
        progress.tell("second")
        assert path.read_text(encoding="utf-8") == "first … ✓\nsecond\n"


def test_a_line_stays_one_line(tmp_path: Path) -> None:
    path = tmp_path / "progress"
    with ProgressFile(str(path)) as progress:
        progress.tell("one\ntwo\n")
    assert path.read_text(encoding="utf-8") == "one two \n"


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "progress"
    path.write_text("before\n", encoding="utf-8")
    progress = ProgressFile(str(path))
    with progress:
        progress.tell("after")
    assert path.read_text(encoding="utf-8") == "before\nafter\n"


def test_without_a_path_nothing_is_written() -> None:
    with ProgressFile(None) as progress:
        progress.tell("nobody reads this")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "progress"
    with pytest.raises(StemeDBError) as caught:
        with ProgressFile(str(path)):
            pass
    assert caught.value.code == "config"
    assert str(path) in caught.value.message
    assert "No such file" in caught.value.message
