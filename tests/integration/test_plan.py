"""stemedb_plan_info by the real commands, with an inventory, against gateways that are served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.integration.conftest import Ansible, Run
from tests.support.fault_server import FaultServer, reply, routed

NAME = "stemedb.cluster.stemedb_plan_info"
IDS = [f"{letter * 8}-1111-4222-8333-444455556666" for letter in "abcd"]
TEMPLATE = "{{ lookup('pipe', 'touch PWNED') }}"
SHARDS: dict[str, list[dict[str, Any]]] = {
    "ranges": [
        {
            "shard_id": f"shard_{n}",
            "leader_node": IDS[n],
            "replica_nodes": [IDS[n], IDS[(n + 1) % 3], IDS[(n + 2) % 3]],
            "size_bytes": 100,
        }
        for n in range(3)
    ]
}


def node(place: int, state: str = "Alive", node_id: str = "") -> dict[str, Any]:
    """A member; the first is where the gateway is."""
    where = "127.0.0.1" if place == 0 else f"192.0.2.{place}"
    return {
        "node_id": node_id or IDS[place],
        "addr": f"{where}:18182",
        "state": state,
        "incarnation": 1,
    }


@contextmanager
def served(*nodes: dict[str, Any]) -> Iterator[FaultServer]:
    status = {
        "cluster_name": "prod",
        "status": "healthy",
        "node_count": len(nodes),
        "shard_count": 3,
        "replication_factor": 3,
        "meta_version": 7,
        "nodes": list(nodes),
    }
    routes = {
        "/v1/health": reply(200, {"status": "healthy"}),
        "/v1/cluster/status": reply(200, status),
        "/v1/admin/ranges": reply(200, SHARDS),
    }
    for row in SHARDS["ranges"]:
        sizes = [{"node_id": i, "role": None, "size_bytes": 100} for i in row["replica_nodes"]]
        body = {"shard_id": row["shard_id"], "leader_node": row["leader_node"], "replicas": sizes}
        routes[f"/v1/shards/{row['shard_id'][6:]}"] = reply(200, body)
    with FaultServer(routed(routes)) as server:
        yield server


def inventory(server: FaultServer, **more: Any) -> dict[str, Any]:
    """Three members, one of which names its address by a template, and a spare."""
    members = {
        "db-0": {"stemedb_node_id": IDS[0], "ansible_host": "127.0.0.1"},
        "db-1": {"ansible_host": "192.0.2.{{ place }}", "place": 1},
        "db-2": {"stemedb_node_address": "192.0.2.2", "stemedb_node_zone": "west"},
    }
    told = {
        "stemedb_gateway_url": server.url,
        "stemedb_lock_hosts": ["db-0", "db-1", "db-2"],
        "stemedb_spares": ["db-9"],
        "stemedb_min_observers": "1",
        **more,
    }
    return {
        "all": {
            "hosts": {"db-9": {"ansible_host": "192.0.2.9"}, "db-3": {"ansible_host": "192.0.2.3"}},
            "vars": told,
            "children": {"stemedb_nodes": {"hosts": members}},
        }
    }


def ask(ansible: Ansible, described: dict[str, Any], *flags: str, **options: Any) -> Run:
    path = ansible.written(described)
    return ansible.module(NAME, "-i", path, *flags, options={"operations": [], **options})


def steps(run: Run) -> list[tuple[str, Any, Any]]:
    assert run.ok, run
    return [(s["operation"], s["host"], s["replacement"]) for s in run.result["steps"]]


def test_the_inventory_is_what_is_declared(ansible: Ansible) -> None:
    with served(node(0), node(1), node(2)) as server:
        run = ask(ansible, inventory(server))
        assert run.ok, run
        assert (run.result["drift"], run.result["refused"]) == (False, [])
        assert [(row["host"], row["node_id"]) for row in run.result["matched"]] == [
            ("db-0", IDS[0]),
            ("db-1", IDS[1]),
            ("db-2", IDS[2]),
        ]
        assert run.result["changed"] is False
        assert {request.method for request in server.requests} == {"GET"}


def test_check_mode_says_the_same(ansible: Ansible) -> None:
    with served(node(0), node(1), node(2, "Dead")) as server:
        described = inventory(server)
        plain, checked = ask(ansible, described), ask(ansible, described, "--check")
    assert steps(plain) == steps(checked) == [("replace_node", "db-2", "db-9")]
    del plain.result["created"], checked.result["created"]
    assert plain.result == checked.result


def test_variables_that_are_texts(ansible: Ansible) -> None:
    with served(node(0), node(1), node(2), node(3)) as server:
        told = ("-e", "stemedb_prune=db-3,gone", "-e", "stemedb_maintenance=true")
        run = ask(ansible, inventory(server), *told, "-e", "stemedb_accept=too_few_nodes")
        assert steps(run) == [("remove_node", "db-3", None)]
        assert [row["kind"] for row in run.result["refused"]] == ["maintenance"]
        everything = ask(ansible, inventory(server, stemedb_prune=True))
    assert not everything.ok
    assert "stemedb_prune is true, and wanted is a list" in everything.stdout


def test_what_a_gateway_says_is_no_template(ansible: Ansible, tmp_path: Path) -> None:
    pwned = tmp_path / "pwned"
    text = TEMPLATE.replace("PWNED", str(pwned))
    with served(node(0), node(1), node(2), node(3, node_id=text)) as server:
        shown = {
            "ansible.builtin.debug": {
                "msg": "{{ plan | stemedb.cluster.plan_lines"
                " + [plan | stemedb.cluster.plan_markdown, plan | stemedb.cluster.plan_document] }}"
            },
            "name": "Show it",
        }
        plan = {NAME: {"operations": []}, "register": "plan"}
        path = ansible.written(inventory(server))
        run = ansible.tasks(plan, shown, flags=["-i", path])
    assert run.ok, run
    assert run.tasks[0].result["undeclared"][0]["node_id"] == text
    (said,) = run.of("Show it")
    lines = said.result["msg"]
    assert any(text in line for line in lines)
    assert json.loads(lines[-1])["undeclared"][0]["node_id"] == text
    assert not pwned.exists()


def test_a_member_does_not_ask(ansible: Ansible) -> None:
    with served(node(0), node(1), node(2)) as server:
        described = inventory(server)
        described["all"]["vars"]["ansible_connection"] = "local"
        path = ansible.written(described)
        run = ansible.start("ansible", "db-0", "-m", NAME, "-i", path).end()
        assert not run.ok
        assert "is a node of the cluster" in run.stdout.replace("\\n", " ")
        assert server.requests == []
