"""A gateway whose members are called like templates, commands and options: nothing of it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.eda.conftest import kinds, start
from tests.integration.conftest import Ansible
from tests.integration.inventories import changes
from tests.support.fault_server import FaultServer, Request, Talk, reply
from tests.support.hostile_nodes import texts

IDS = ["node-1", "node-2", "node-3"]
HOST = {"ansible_connection": "local"}


def answers(ids: list[str]) -> dict[str, Any]:
    """What a gateway of these nodes says, by path; a node's ID is its address and state too."""
    nodes = [{"node_id": one, "addr": one, "state": "Alive" if one in IDS else one} for one in ids]
    shard = {"shard_id": 0, "leader_node": ids[-1], "replica_nodes": ids}
    status = {
        "cluster_name": "x",
        "node_count": len(ids),
        "shard_count": 1,
        "replication_factor": 3,
        "nodes": nodes,
    }
    return {
        "/v1/health": {"status": "healthy"},
        "/v1/cluster/status": status,
        "/v1/admin/ranges": {"ranges": [shard]},
    }


def test_nothing_that_a_gateway_says_is_run(ansible: Ansible, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    # An answer with what cannot be printed is refused whole.
    hostile = [text for text in texts(canary) if text.strip() and text.isprintable()]
    assert len(hostile) > 40
    current = [answers(IDS)]

    def behave(talk: Talk, request: Request) -> bool:
        found = current[0].get(request.path)
        return reply(200 if found else 404, found or {"error": "no such path"})(talk, request)

    with FaultServer(behave) as server:
        inventory = {
            "all": {
                "vars": {
                    "stemedb_gateway_url": server.url,
                    "stemedb_lock_hosts": "localhost",
                    "stemedb_lock_path": str(tmp_path / "lock.json"),
                    "stemedb_unattended_apply": True,
                    **HOST,
                },
                "hosts": {"localhost": {}},
                "children": {"stemedb_nodes": {"hosts": {name: {} for name in IDS}}},
            }
        }
        running = start(
            ansible,
            inventory,
            tmp_path / "rulebook",
            [server.url],
            run_within="1 minute",
            stemedb_events_settle=1,
        )
        running.until(lambda one: kinds(one) == ["reminder"])
        current[0] = answers([*IDS, *hostile])
        running.until(lambda one: kinds(one).count("node_joined") == len(hostile))
        current[0] = answers(IDS)
        # One run for the reminder, and one for all that left.
        running.until(lambda one: kinds(one).count("node_left") == len(hostile))
        running.until(lambda one: one.stdout.count("PLAY RECAP") == 2)
        told = running.stdout
        assert changes(running) == []
    assert not canary.exists()
    assert "canary" not in "".join(part for part in told.split("\n\n") if "received event" in part)
