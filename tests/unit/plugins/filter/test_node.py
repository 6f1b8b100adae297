"""Filters of `node.py`, around `_node` and `_members.identity`, which have their own tests."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.node import (
    node_drift,
    node_identity,
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


PROBE: dict[str, Any] = {
    "node_id_file": {"path": "/etc/stemedb/node_id", "exists": False, "node_id": None},
    "data_dir_file": {"path": "/etc/stemedb/data_dir", "exists": False, "data_dir": None},
    "data_dir": {"path": "/data", "empty": True, "entries": []},
    "service": {"name": "n", "running": False, "node_id": None, "argv": None, "unit_argv": None},
    "ports": [{"host": "Node-04", "addresses": ["10.0.0.4"]}],
    "errors": [],
}
MEMBER = {"node_id": "a3f2b1c4", "address": "10.0.0.4:18182", "state": "Alive", "shards": []}


def test_a_new_id_is_a_uuid_unless_one_is_given() -> None:
    one, two = node_identity(PROBE), node_identity(PROBE)
    assert one["source"] == "new"
    assert str(uuid.UUID(one["node_id"])) == one["node_id"] != two["node_id"]
    assert node_identity(PROBE, new_id=one["node_id"]) == one


def test_an_empty_variable_says_nothing_and_a_number_is_an_id() -> None:
    assert node_identity(PROBE, node_id="")["source"] == "new"
    assert node_identity(PROBE, node_id=42)["node_id"] == "42"


def test_a_name_is_compared_by_its_address() -> None:
    result = node_identity(PROBE, members=[MEMBER], address="node-04", rpc_port="18182")
    assert (result["node_id"], result["source"]) == ("a3f2b1c4", "address")
    assert node_identity(PROBE, members=[MEMBER], address="node-05")["source"] == "new"
    assert node_identity(PROBE, members=[MEMBER])["source"] == "new"


def test_a_refusal_is_a_sentence_and_no_id() -> None:
    result = node_identity(dict(PROBE, data_dir=None))
    assert result["node_id"] is None
    assert result["write_file"] is False
    assert "data directory" in result["refused"]
    assert node_identity(PROBE)["refused"] is None


def test_without_its_data_an_id_is_known_and_none_is_made() -> None:
    lost = dict(PROBE, data_dir=None, data_dir_file=None)
    told = node_identity(lost, node_id="abc", whatever_its_data=True)
    assert told == {"node_id": "abc", "source": None, "write_file": False, "refused": None}
    assert node_identity(PROBE, whatever_its_data=True)["node_id"] is None
    assert (
        "node_id"
        in node_identity(dict(PROBE, node_id_file=None), whatever_its_data=True)["refused"]
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
