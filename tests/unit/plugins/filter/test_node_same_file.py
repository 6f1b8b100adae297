"""The filter node_same_file, as the role calls it."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.filter.node_same_file import FilterModule
from ansible_collections.stemedb.cluster.plugins.module_utils._host.meaning import checksum


def test_it_tells_whether_a_file_says_what_a_text_does() -> None:
    same = FilterModule().filters()["node_same_file"]
    there = {"sha256": None, "meaning": checksum("settings", "# x\na = 1\n")}
    assert same(there, "a = 1", "configuration") is True
    assert same(there, "a = 2", "configuration") is False
