"""The filter node_restart_reasons gives what a running node does not use yet."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.filter.node_restart_reasons import FilterModule


def test_the_filter_is_there_by_its_name() -> None:
    probe = {
        "service": {"running": True, "started_at": 5.0, "argv": ["x", "--y"]},
        "files": [{"path": "/unit", "mtime": 6.0}],
    }
    reasons = FilterModule().filters()["node_restart_reasons"]
    assert reasons(probe, files={"unit": "/unit"}, changed={}, arguments=["--y"]) == ["unit"]
