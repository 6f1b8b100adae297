"""Whether a cluster was split, and what must hold for it to be whole again."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._heal.plan import (
    heal_plan,
    removed_by,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    Declared,
    members,
)

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


declared = Declared


def test_a_cluster_that_is_whole() -> None:
    views = [view("a", WHOLE), view("b", WHOLE), view("c", WHOLE)]
    told = [declared("one", "10.0.0.1"), declared("two", "elsewhere", B)]
    assert heal_plan(found(), views, told) == {
        "needed": False,
        "reasons": [],
        "conditions": [
            {"node_alive": A},
            {"node_alive": B},
            {"node_alive": C},
            {"views_agree": True},
            {"replicas_complete": True},
        ],
        "gone": [],
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
    assert [c["node_alive"] for c in plan["conditions"] if "node_alive" in c] == [A, B]


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
    member: Declared, name: str
) -> None:
    plan = heal_plan(found(), [view("a", WHOLE)], [member])
    assert plan["reasons"] == [
        f"four ({name}) is declared in the inventory, and no gateway that was asked lists it"
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
    told = [declared(f"host-{number}", f"10.0.1.{number}") for number in range(30)]
    plan = heal_plan(found(), [view("a", WHOLE)], told)
    assert len(plan["reasons"]) == 21
    assert plan["reasons"][-1] == "and 10 more"
    assert len(plan["conditions"]) == 35


# --- who does not come back ----------------------------------------------------------------------

MEMBERS = [
    declared(host, address) for host, address in zip(("one", "two", "three"), HOSTS.values())
]
REMOVED = [{"operation": "remove_node", "outcome": "succeeded", "since": "", "target": "three"}]
DIED: dict[str, Any] = {A: "Alive", B: "Alive", C: "Dead"}


def dead(*views: dict[str, Any], holds: Any = (), address: str = "10.0.0.3:18182") -> list[Any]:
    """Views in which C is what it says; by default it is Dead in two, and holds nothing."""
    found = list(views) or [view("a", DIED), view("b", DIED)]
    for one in found:
        for node in one["nodes"]:
            if node["node_id"] == C:
                node.update(shards=None if holds is None else list(holds), address=address)
    return found


@pytest.mark.parametrize(
    ("views", "told", "before", "why"),
    [
        (dead(), MEMBERS[:2], [], "holds no shard"),
        (dead(), MEMBERS, REMOVED, "removed or replaced"),
        (dead(holds=None), MEMBERS, REMOVED, "removed or replaced"),
        (dead(), MEMBERS[:2], [{**REMOVED[0], "target": C}], "removed or replaced"),
        (dead(), MEMBERS[:2], [{**REMOVED[0], "target": C.upper()}], "removed or replaced"),
        (dead(holds=[1], address="10.0.0.2:18182"), MEMBERS[:2], [], "another node lives"),
        # One gateway has forgotten it already; the views will agree.
        (dead(view("a", {A: "Alive", B: "Alive"}), view("b", DIED)), MEMBERS[:2], [], "no shard"),
    ],
)
def test_who_is_gone_for_good_is_told_and_not_waited_for(
    views: Any, told: Any, before: Any, why: str
) -> None:
    plan = heal_plan(found(), views, told, before)
    assert (plan["needed"], plan["reasons"]) == (False, [])
    assert [c["node_alive"] for c in plan["conditions"] if "node_alive" in c] == [A, B]
    (line,) = plan["gone"]
    assert line.startswith(C)
    assert why in line


@pytest.mark.parametrize(
    ("views", "told", "before"),
    [
        (dead(), MEMBERS, []),
        (dead(), [], []),
        (dead(holds=None), MEMBERS[:2], []),
        (dead(holds=[1]), MEMBERS[:2], []),
        (dead(holds=[1]), MEMBERS, REMOVED),
        # The two sides of a partition.
        (dead(view("a", DIED), view("c", {**WHOLE, A: "Dead"})), MEMBERS, REMOVED),
        (dead(view("a", DIED), view("b", {**DIED, C: "Suspect"})), MEMBERS[:2], []),
        (dead(), MEMBERS, [{**REMOVED[0], "outcome": "failed"}]),
        (dead(), MEMBERS, [*REMOVED, {**REMOVED[0], "operation": "add_node"}]),
        (dead(address="10.0.0.2:28182"), [*MEMBERS[:2], declared("three", "x", C)], []),
    ],
)
def test_who_may_come_back_is_waited_for(views: Any, told: Any, before: Any) -> None:
    plan = heal_plan(found(), views, told, before)
    assert plan["needed"]
    assert {"node_alive": C} in plan["conditions"]
    assert plan["gone"] == []


def test_who_was_removed_and_aged_out_is_not_missed() -> None:
    views = [view("a", {A: "Alive", B: "Alive"})]
    assert not heal_plan(found(), views, MEMBERS, REMOVED)["needed"]
    assert heal_plan(found(), views, MEMBERS)["needed"]


def test_a_host_that_was_set_up_anew_is_one_member() -> None:
    """The old id and the new one are listed at one address, and that is no riddle."""
    node = {"node_id": "dddddddd", "address": "10.0.0.3:18182", "state": "Alive", "shards": [1]}
    views = dead()
    for one in views:
        one["nodes"].append(node)
    plan = heal_plan(found(), views, MEMBERS)
    assert not plan["needed"]
    assert len(plan["gone"]) == 1


def test_an_inventory_of_names_is_the_cluster_of_addresses() -> None:
    resolved = {host: [address] for host, address in zip(("one", "two", "three"), HOSTS.values())}
    hosts: dict[str, Any] = {host: {} for host in resolved}
    assert not heal_plan(found(), [view("a", WHOLE)], members(hosts, resolved))["needed"]
    assert heal_plan(found(), [view("a", WHOLE)], members(hosts))["needed"]


@pytest.mark.parametrize(
    ("operation", "target", "left"),
    [
        ("remove_node", "a, b", {"a", "b", "x"}),
        ("replace_node", "a, x", {"a"}),
        ("replace_node", "x", set()),
        ("add_node", "x", set()),
        ("rolling_restart (reboot)", "x (2 of 3)", set()),
        ("bootstrap", "", set()),
        ("heal", "", {"x"}),
    ],
)
def test_who_was_taken_out_is_read_from_what_was_done(
    operation: str, target: str, left: set[str]
) -> None:
    one = {"operation": operation, "outcome": "succeeded", "target": target}
    assert removed_by([{**REMOVED[0], "target": "x"}, one]) == left
    assert removed_by([{**REMOVED[0], "target": "x"}, {**one, "outcome": "failed"}]) == {"x"}
