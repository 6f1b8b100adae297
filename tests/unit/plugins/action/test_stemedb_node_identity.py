"""The action `stemedb_node_identity`: it probes a host, and decides which node that is."""

from __future__ import annotations

import uuid
from typing import Any
from unittest.mock import Mock

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible_collections.stemedb.cluster.plugins.action.stemedb_node_identity import ActionModule

PROBE: dict[str, Any] = {
    "node_id_file": {"path": "/etc/stemedb/node_id", "exists": False, "node_id": None},
    "data_dir_file": {"path": "/etc/stemedb/data_dir", "exists": False, "data_dir": None},
    "data_dir": {"path": "/data", "empty": True, "entries": []},
    "service": {"name": "n", "running": False, "node_id": None, "argv": None, "unit_argv": None},
    "ports": [{"host": "Node-04", "addresses": ["10.0.0.4"]}],
    "errors": [],
}
MEMBER = {"node_id": "a3f2b1c4", "address": "10.0.0.4:18182", "state": "Alive", "shards": []}


def identity(found: Any = PROBE, **args: Any) -> dict[str, Any]:
    """The result, where the host says `found` or cannot be reached."""
    task = Mock(args={"probe": {"data_dir": "/data"}, **args}, action="identity", async_val=0)
    task.delegate_to, task.ignore_unreachable, task.check_mode = None, False, False
    others = ("connection", "play_context", "loader", "templar", "shared_loader_obj")
    action = ActionModule(task=task, **{name: Mock() for name in others})
    action._execute_module = Mock(side_effect=[found])
    result: dict[str, Any] = action.run(task_vars={"inventory_hostname": "db-01"})
    assert action._execute_module.call_args.kwargs["module_args"] == {"data_dir": "/data"}
    return result


def test_a_new_id_is_a_uuid_unless_one_is_given() -> None:
    one, two = identity(), identity()
    assert one["source"] == "new"
    assert str(uuid.UUID(one["node_id"])) == one["node_id"] != two["node_id"]
    assert identity(new_id=one["node_id"])["node_id"] == one["node_id"]
    assert one["probe"] == PROBE
    assert one["at"] > 0


def test_an_empty_variable_says_nothing_and_a_number_is_an_id() -> None:
    assert identity(node_id="")["source"] == "new"
    assert identity(node_id=42)["node_id"] == "42"


def test_a_name_is_compared_by_its_address() -> None:
    found = identity(members=[MEMBER], address="node-04", rpc_port="18182")
    assert (found["node_id"], found["source"]) == ("a3f2b1c4", "address")
    assert identity(members=[MEMBER], address="node-05")["source"] == "new"
    assert identity(members=[MEMBER])["source"] == "new"


def test_what_is_not_certain_fails_with_a_sentence() -> None:
    with pytest.raises(AnsibleActionFail, match="data directory"):
        identity(dict(PROBE, data_dir=None))


def test_of_a_node_that_leaves_only_the_id_is_asked() -> None:
    lost = dict(PROBE, data_dir=None, data_dir_file=None)
    assert identity(lost, node_id="abc", leaves=True)["node_id"] == "abc"
    assert identity(leaves=True)["node_id"] is None
    with pytest.raises(AnsibleActionFail, match="node_id"):
        identity(dict(PROBE, node_id_file=None), leaves=True)


def test_a_host_that_is_lost_or_cannot_be_probed_fails_the_task() -> None:
    with pytest.raises(AnsibleActionFail, match="db-01 could not be reached: no route"):
        identity(AnsibleConnectionFailure("no route"))
    assert identity({"failed": True, "msg": "no python"})["msg"] == "no python"
