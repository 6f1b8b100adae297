"""The filter node_drift, as the role calls it."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.filter.node_drift import FilterModule


def test_it_compares() -> None:
    node_drift = FilterModule().filters()["node_drift"]
    before: dict[str, Any] = {
        "user": {"exists": True},
        "files": [{"exists": True}, {"exists": True}, {"kind": "link"}],
        "data_dir": {"empty": False, "mark": None, "markable": False},
        "data_dir_file": {"exists": True},
        "service": None,
    }
    there = {"path": "/etc/x.service", "exists": False, "text": None, "sha256": None, "mode": None}
    settings = {
        "modes": {"unit": "0644"},
        "keys": [],
        "mark": {},
        "records_identity": False,
        "by_systemd": False,
        "has_artifact": False,
        "checksum": "",
        "argv": None,
        "arguments": [],
    }
    wanted = [{"what": "unit", "text": "[Unit]\n"}]
    (found,) = node_drift(before, [there], wanted, settings=settings)
    assert (found["what"], found["path"], found["diff"][-1]) == (
        "unit",
        "/etc/x.service",
        "+[Unit]",
    )
