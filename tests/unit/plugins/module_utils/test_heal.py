"""Whether a cluster was split, and what must hold for it to be whole again."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._heal import heal_plan

A = "aaaaaaaa-6d1e-4d0b-8f3c-2a9d6b7c8e90"
B = "bbbbbbbb-6d1e-4d0b-8f3c-2a9d6b7c8e90"
C = "cccccccc-6d1e-4d0b-8f3c-2a9d6b7c8e90"
HOSTS = {A: "10.0.0.1", B: "10.0.0.2", C: "10.0.0.3"}
WHOLE = dict.fromkeys(HOSTS, "Alive")


def view(name: str, states: dict[str, Any]) -> dict[str, Any]:
    nodes = [
        {"node_id": node, "address": f"{HOSTS[node]}:18182", "state": state}
        for node, state in states.items()
    ]
    return {"url": name, "nodes": nodes}


def found(agree: Any = True, **errors: str) -> dict[str, Any]:
    """What all say together; a keyword is a gateway that does not answer, and why."""
    observers = [
        {
            "url": url,
            "node_id": node,
            "reachable": url not in errors,
            "excluded": False,
            "error": errors.get(url),
        }
        for url, node in (("a", A), ("b", B), ("c", C))
    ]
    return {"cluster": {"views_agree": agree}, "observers": observers}


def declared(host: str, address: str, node_id: Any = None) -> dict[str, Any]:
    return {"host": host, "address": address, "node_id": node_id}


def test_a_cluster_that_is_whole() -> None:
    views = [view("a", WHOLE), view("b", WHOLE), view("c", WHOLE)]
    members = [declared("one", "10.0.0.1"), declared("two", "elsewhere", B)]
    assert heal_plan(found(), views, members) == {
        "needed": False,
        "reasons": [],
        "conditions": [
            {"node_alive": A},
            {"node_alive": B},
            {"node_alive": C},
            {"views_agree": True},
        ],
        "observers": 3,
    }


def test_each_side_is_told_what_it_sees() -> None:
    views = [
        view("a", {A: "Alive", B: "Dead", C: "Dead"}),
        view("b", {B: "Alive", C: "Suspect"}),
        view("c", {A: None, B: "Alive", C: "Alive"}),
    ]
    plan = heal_plan(found(agree=False), views)
    assert plan["needed"]
    assert plan["reasons"] == [
        "bbbbbbbb, cccccccc are Dead at a",
        "cccccccc is Suspect at b",
        "aaaaaaaa is not listed at b",
        "aaaaaaaa is in no known state at c",
        "the views differ",
    ]


def test_nodes_that_only_one_side_still_lists_have_to_come_back() -> None:
    plan = heal_plan(found(agree=False), [view("a", {A: "Alive"}), view("b", {B: "Alive"})])
    assert plan["conditions"] == [{"node_alive": A}, {"node_alive": B}, {"views_agree": True}]


def test_views_that_differ_in_leaders_alone_are_something_to_heal() -> None:
    plan = heal_plan(found(agree=False), [view("a", WHOLE), view("b", WHOLE)])
    assert plan["reasons"] == ["the views differ"]
    assert plan["needed"]


@pytest.mark.parametrize(
    ("told", "views", "reason"),
    [
        (found(None), [view("a", WHOLE)], "whether the views agree is not known"),
        (found(b="no route"), [view("a", WHOLE)], "b does not answer: no route"),
        (found(), [view("a", {})], "no gateway lists a node"),
        (found(), [], "no gateway lists a node"),
    ],
)
def test_what_is_not_known_is_something_to_heal(
    told: dict[str, Any], views: list[dict[str, Any]], reason: str
) -> None:
    plan = heal_plan(told, views)
    assert plan["needed"]
    assert reason in plan["reasons"]


def test_a_gateway_that_was_not_asked_is_no_reason() -> None:
    told = found()
    told["observers"][2].update(reachable=False, excluded=True)
    assert not heal_plan(told, [view("a", WHOLE)])["needed"]


@pytest.mark.parametrize(
    ("member", "name"),
    [
        (declared("four", "10.0.0.4"), "10.0.0.4"),
        (declared("four", "10.0.0.3", "dddddddd"), "dddddddd"),
        (declared("four", "10.0.0.33"), "10.0.0.33"),
    ],
)
def test_a_declared_member_that_nobody_lists_may_be_on_the_other_side(
    member: dict[str, Any], name: str
) -> None:
    plan = heal_plan(found(), [view("a", WHOLE)], [member])
    assert plan["reasons"] == [
        f"four ({name}) is declared in the inventory and listed by no gateway"
    ]
    assert {"node_alive": name} in plan["conditions"]


def operation(name: str, outcome: str, since: str = "2026-11-28T03:59:00Z") -> dict[str, Any]:
    return {"operation": name, "outcome": outcome, "since": since}


@pytest.mark.parametrize("outcome", ["failed", "stopped", "abandoned"])
def test_a_heal_that_did_not_finish_is_finished(outcome: str) -> None:
    """It may have ended before the sync, and the nodes have found each other since."""
    before = [operation("heal", "succeeded"), operation("heal", outcome), operation("x", "failed")]
    plan = heal_plan(found(), [view("a", WHOLE)], (), before)
    assert plan["needed"]
    assert plan["reasons"] == [
        f"the heal that began 2026-11-28T03:59:00Z did not finish ({outcome}): whether the nodes "
        f"have compared what they have since is not known"
    ]


@pytest.mark.parametrize(
    "before",
    [
        [operation("heal", "failed"), operation("heal", "succeeded")],
        [operation("heal", "failed"), operation("heal", "running")],
        [operation("add_node", "failed")],
    ],
)
def test_what_was_finished_or_goes_on_is_nothing_to_heal(before: list[dict[str, Any]]) -> None:
    assert not heal_plan(found(), [view("a", WHOLE)], (), before)["needed"]


def test_gateways_of_nobody_known_are_no_observers() -> None:
    told = found(c="no route")
    told["observers"][1]["node_id"] = None
    assert heal_plan(told, [view("a", WHOLE)])["observers"] == 1
    told["observers"][1]["node_id"] = A
    assert heal_plan(told, [view("a", WHOLE)])["observers"] == 1


def test_no_more_than_twenty_reasons_are_told() -> None:
    members = [declared(f"host-{number}", f"10.0.1.{number}") for number in range(30)]
    plan = heal_plan(found(), [view("a", WHOLE)], members)
    assert len(plan["reasons"]) == 21
    assert plan["reasons"][-1] == "and 10 more"
    assert len(plan["conditions"]) == 34
