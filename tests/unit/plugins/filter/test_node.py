"""Filters of `node.py`, around `_node`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.node import (
    node_drift,
    node_restart_reasons,
    node_same_file,
    node_seeds,
    node_startup,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._host.meaning import checksum


def test_a_file_that_is_not_there_is_drift() -> None:
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


def test_a_unit_newer_than_the_process_is_a_reason() -> None:
    probe = {
        "service": {"running": True, "started_at": 5.0, "argv": ["x", "--y"]},
        "files": [{"path": "/unit", "mtime": 6.0}],
    }
    assert node_restart_reasons(probe, {"unit": "/unit"}, {}, ["--y"]) == ["unit"]


def test_comments_make_no_other_file() -> None:
    there = {"sha256": None, "meaning": checksum("settings", "# x\na = 1\n")}
    assert node_same_file(there, "a = 1", "configuration") is True
    assert node_same_file(there, "a = 2", "configuration") is False


def test_seeds_are_those_of_the_configuration_and_of_the_unit() -> None:
    probe = {"config": {"settings": {"seed_nodes": ["a:1"]}}, "service": {"unit_argv": None}}
    assert node_seeds(probe) == {"configuration": ["a:1"], "unit": None}


def test_a_service_that_has_ended_died() -> None:
    service = {"running": False, "state": "failed/failed", "result": None, "restarts": 0}
    result = node_startup({"service": service, "ports": []})
    assert result == {"state": "died", "detail": "it has ended (failed/failed)"}


def test_what_is_no_probe_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.node_startup: the input"):
        node_startup(None)
