"""Which nodes an operator means, be they alive, dead, unreachable or gone."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import Declared
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.targets import (
    find_targets,
    identified,
)

A = "aaaaaaaa-6d1e-4d0b-8f3c-2a9d6b7c8e90"
B = "bbbbbbbb-6d1e-4d0b-8f3c-2a9d6b7c8e90"
NODES = [
    {"node_id": A, "address": "10.0.0.1:18182", "state": "Alive"},
    {"node_id": B, "address": "10.0.0.2:18182", "state": "Dead"},
]
MEMBERS = [Declared("node-01", "10.0.0.1"), Declared("node-02", "10.0.0.2")]


def target(name: str, host: Any = None, node_id: Any = None, address: Any = None) -> dict[str, Any]:
    return {"name": name, "host": host, "node_id": node_id, "address": address}


def probe(node_id: str | None = A, running: Any = True) -> dict[str, Any]:
    return {
        "clock": 1.0,
        "node_id_file": {"path": "/etc/node_id", "exists": bool(node_id), "node_id": node_id},
        "service": {
            "name": "stemedb-node",
            "running": running,
            "state": "active",
            "node_id": node_id,
            "argv": ["x"] if running else None,
            "unit_argv": None,
        },
        "ports": [{"host": "10.0.0.1", "addresses": ["10.0.0.1"]}],
        "addresses": [],
        "errors": [],
    }


def test_a_host_and_a_full_id_are_found() -> None:
    found = find_targets(["node-01", B], MEMBERS, NODES)
    assert found == {
        "targets": [
            target("node-01", "node-01", None, "10.0.0.1"),
            target(B, "node-02", B, "10.0.0.2"),
        ],
        "refused": None,
        "refusal": "",
        "lines": [],
        "exclude": ["10.0.0.1", "10.0.0.2"],
    }


def test_an_id_without_a_host_is_a_target_if_it_is_listed() -> None:
    found = find_targets([A], [], NODES)
    assert found["targets"] == [target(A, None, A)]
    assert found["refused"] is None
    # As long as nobody was asked nothing is refused.
    assert find_targets(["c"], [], None) == {
        "targets": [target("c", None, "c")],
        "refused": None,
        "refusal": "",
        "lines": [],
        "exclude": ["c"],
    }


@pytest.mark.parametrize("name", ["aaaaaaaa", "10.0.0.1", "10.0.0.1:18182"])
def test_what_only_looks_like_a_node_is_refused_with_its_full_id(name: str) -> None:
    refused = find_targets([name], MEMBERS, NODES)["refused"]
    assert f"'{name}' is no host of the inventory" in refused
    assert f"Give the full id: {A}." in refused


def test_never_seen_is_not_gone() -> None:
    refused = find_targets(["cccc"], MEMBERS, NODES)["refused"]
    assert refused.endswith("nothing says that it ever was a member.")


def test_a_mistyped_host_is_answered_with_a_near_name() -> None:
    refused = find_targets(["nod-01"], MEMBERS, NODES)["refused"]
    assert refused.endswith("nothing says that it ever was a member. Did you mean node-01?")
    # Unless the inventory says it.
    gone = Declared("node-03", "10.0.0.3", "cccc")
    found = find_targets(["cccc"], [*MEMBERS, gone], NODES)
    assert found["refused"] is None
    assert found["targets"] == [target("cccc", "node-03", "cccc", "10.0.0.3")]


def test_a_name_that_is_said_twice_is_refused() -> None:
    assert "node-01 is named more" in find_targets(["node-01"] * 2, MEMBERS, NODES)["refused"]


def one(probes: dict[str, Any], node_id: Any = None, host: Declared = MEMBERS[0]) -> dict[str, Any]:
    told = target(host.host, host.host, node_id, host.address)
    return identified(told, host, probes, NODES)


def test_a_host_that_answers_says_who_it_is() -> None:
    found = one({"node-01": probe()})
    assert (found["node_id"], found["state"], found["refused"]) == (A, "Alive", None)
    assert (found["reachable"], found["running"], found["stop"]) == (True, True, True)
    assert found["listed_address"] == "10.0.0.1:18182"


@pytest.mark.parametrize(("running", "stop"), [(True, True), (None, True), (False, False)])
def test_what_does_not_run_for_certain_needs_no_stop(running: Any, stop: bool) -> None:
    assert one({"node-01": probe(running=running)})["stop"] is stop


def test_a_host_that_is_another_node_is_refused() -> None:
    assert f"is node {A}, not {B}" in one({"node-01": probe()}, B)["refused"]
    assert not one({"node-01": probe()}, B)["stop"]


def test_a_host_that_never_was_a_node_is_refused() -> None:
    host = Declared("node-09", "10.0.0.9")
    found = one({"node-09": probe(None, False)}, None, host)
    assert "Nothing says that node-09 is or was a node" in found["refused"]


def test_a_host_without_its_address_in_the_list_may_be_gone() -> None:
    host = Declared("node-09", "10.0.0.9")
    found = one({"node-09": probe("cccc", False)}, None, host)
    assert (found["node_id"], found["state"], found["is_gone"]) == ("cccc", None, True)
    assert found["refused"] is None


def test_an_id_whose_file_cannot_be_read_is_not_certain() -> None:
    asked = {**probe(), "node_id_file": None}
    assert "its identity is not certain" in one({"node-01": asked})["refused"]


@pytest.mark.parametrize("asked", [{}, {"node-02": {"lost": True, "msg": "no route"}}])
def test_a_host_that_does_not_answer_is_known_by_the_others(asked: dict[str, Any]) -> None:
    found = one(asked, None, MEMBERS[1])
    assert (found["node_id"], found["state"], found["reachable"]) == (B, "Dead", False)
    assert found["is_gone"]
    assert not found["stop"], "there is nothing to stop"


def test_a_host_that_does_not_answer_and_is_not_listed_is_refused() -> None:
    host = Declared("node-09", "10.0.0.9")
    found = one({"node-09": {"lost": True, "msg": "no route"}}, None, host)
    assert "node-09 cannot be reached (no route)" in found["refused"]
    assert "by its full id" in found["refused"]


def test_a_clone_of_a_member_is_not_stopped_in_its_place() -> None:
    clone = Declared("node-09", "10.0.0.9")
    found = one({"node-09": {**probe(), "ports": []}}, None, clone)
    assert found["refused"] is None, "its address tells nothing, and it runs as that node"
    asked = {**probe(), "ports": [], "addresses": [{"address": "10.0.0.1:18182", "own": False}]}
    assert "cloned" in one({"node-09": asked}, None, clone)["refused"]
