"""The filter node_identity: arguments as inventories give them, refusals as data."""

from __future__ import annotations

import uuid
from typing import Any

from ansible_collections.stemedb.cluster.plugins.filter.node_identity import FilterModule

PROBE: dict[str, Any] = {
    "node_id_file": {"path": "/etc/stemedb/node_id", "exists": False, "node_id": None},
    "data_dir_file": {"path": "/etc/stemedb/data_dir", "exists": False, "data_dir": None},
    "data_dir": {"path": "/data", "empty": True, "entries": []},
    "service": {"name": "n", "running": False, "node_id": None, "argv": None, "unit_argv": None},
    "ports": [{"host": "Node-04", "addresses": ["10.0.0.4"]}],
    "errors": [],
}
MEMBER = {"node_id": "a3f2b1c4", "address": "10.0.0.4:18182", "state": "Alive", "shards": []}
node_identity = FilterModule().filters()["node_identity"]


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
