"""Paging: once per cause and hour, and the address stays where it is."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._page.send import send
from ansible_collections.stemedb.cluster.tests.support.pager import pager

PAGE = {"dedup_key": "a" * 32, "text": "storm"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "pages"


def test_a_cause_is_paged_once_an_hour(folder: Path) -> None:
    with pager() as taken:
        assert send(taken.url, PAGE, folder) == "Paged 127.0.0.1."
        assert send(taken.url, PAGE, folder) == ""
        assert send(taken.url, {**PAGE, "dedup_key": "b"}, folder) == "Paged 127.0.0.1."
        assert len(taken.pages) == 2
        assert taken.pages[0] == PAGE
        long_ago = time.time() - 3601
        os.utime(folder / PAGE["dedup_key"], (long_ago, long_ago))
        assert send(taken.url, PAGE, folder)
        assert len(taken.pages) == 3


def test_what_was_paged_by_a_clock_that_was_ahead_is_paged_again(folder: Path) -> None:
    with pager() as taken:
        send(taken.url, PAGE, folder)
        ahead = time.time() + 9999
        os.utime(folder / PAGE["dedup_key"], (ahead, ahead))
        assert send(taken.url, PAGE, folder)


def test_what_did_not_arrive_is_sent_again(folder: Path) -> None:
    with pager(status=500) as broken:
        said = send(broken.url, PAGE, folder)
        assert said.startswith("Nobody was paged: 127.0.0.1 refused it")
        assert "SECRET" not in said
    assert send(broken.url, PAGE, folder).startswith("Nobody was paged")
    with pager() as taken:
        assert send(taken.url, PAGE, folder) == "Paged 127.0.0.1."


def test_an_address_that_is_none_is_not_repeated(folder: Path) -> None:
    said = send("SECRET", PAGE, folder)
    assert said.startswith("Nobody was paged: an address without a host")
    assert "SECRET" not in said


def test_without_a_memory_it_pages(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pager() as taken:
        for _time in range(2):
            assert send(taken.url, PAGE, tmp_path / "file" / "pages") == "Paged 127.0.0.1."


def test_what_was_paged_is_not_kept_for_ever(folder: Path) -> None:
    with pager() as taken:
        send(taken.url, PAGE, folder)
        long_ago = time.time() - 3601
        os.utime(folder / PAGE["dedup_key"], (long_ago, long_ago))
        send(taken.url, {**PAGE, "dedup_key": "b"}, folder)
    assert [one.name for one in folder.iterdir()] == ["b"]
