"""What speaks against removing nodes before anything is touched: each gate, open and shut."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import Declared
from ansible_collections.stemedb.cluster.plugins.plugin_utils._remove_node.plan import (
    Settings,
    survey,
)

IDS = [f"{letter * 8}-6d1e-4d0b-8f3c-2a9d6b7c8e90" for letter in "abcde"]
SEEDS = ("10.0.0.1:18183", "10.0.0.4:18183")
MEMBERS = [
    Declared(f"node-0{n}", f"10.0.0.{n}", node_id, seeds=SEEDS) for n, node_id in enumerate(IDS, 1)
]
URLS = ("http://10.0.0.4:18181", "http://10.0.0.1:18181/")


def nodes(**states: Any) -> list[dict[str, Any]]:
    """Five that are Alive; a keyword `n4` is the state of the fourth, None leaves it out."""
    found = []
    for number, node_id in enumerate(IDS, 1):
        state = states.get(f"n{number}", "Alive")
        if state is not None:
            address = f"10.0.0.{number}:18182"
            found.append({"node_id": node_id, "address": address, "state": state})
    return found


def probe(number: int, running: Any = True) -> dict[str, Any]:
    node_id = IDS[number - 1]
    return {
        "clock": 1.0,
        "node_id_file": {"path": "/etc/node_id", "exists": True, "node_id": node_id},
        "service": {"name": "stemedb-node", "running": running, "node_id": node_id},
        "ports": [],
        "addresses": [],
        "errors": [],
    }


def judge(
    *numbers: int,
    listed: Any = None,
    factor: Any = 3,
    asked: Any = None,
    members: list[Declared] = MEMBERS,
    resolved: Any = None,
    **more: Any,
) -> dict[str, Any]:
    targets = [
        {"name": m.host, "host": m.host, "node_id": m.node_id, "address": m.address}
        for m in (MEMBERS[number - 1] for number in numbers)
    ]
    found = {
        "cluster": {"replication_factor": factor},
        "overview": {"nodes": nodes() if listed is None else listed},
        "resolved": resolved,
        "observers": [
            {"url": "http://10.0.0.4:18181", "excluded": 4 in numbers},
            {"url": "http://10.0.0.1:18181", "excluded": False},
        ],
    }
    settings: dict[str, Any] = {
        "gateway_urls": URLS,
        "seeds": SEEDS,
        "confirm": tuple(t["name"] for t in targets),
        "max_changes": len(numbers),
        **more,
    }
    probes = {f"node-0{n}": probe(n) for n in numbers} if asked is None else asked
    return survey(targets, probes, found, members, Settings(**settings))


def kinds(found: dict[str, Any]) -> list[str]:
    return [blocker["kind"] for blocker in found["blockers"]]


def detail(found: dict[str, Any]) -> str:
    (blocker,) = found["blockers"]
    return str(blocker["detail"])


def test_nothing_speaks_against_one_of_five() -> None:
    found = judge(4)
    assert found["blockers"] == found["accepted"] == []
    (target,) = found["targets"]
    assert (target["node_id"], target["state"], target["stop"]) == (IDS[3], "Alive", True)
    assert found["gateway_urls"] == ["http://10.0.0.1:18181/"]
    assert found["old_seeds"] == ["10.0.0.4:18183"]
    hosts = ["node-01", "node-02", "node-03", "node-05"]
    assert found["seeds"] == {host: ["10.0.0.1:18183"] for host in hosts}


def test_an_unknown_list_of_nodes_is_no_list() -> None:
    found = survey([], {}, {"overview": {"nodes": None}, "observers": []}, [], Settings(URLS))
    assert kinds(found) == ["incomplete_view"]


@pytest.mark.parametrize(("count", "allowed"), [(1, 1), (2, 2), (2, 1)])
def test_more_than_is_allowed_is_refused_whole(count: int, allowed: int) -> None:
    found = judge(*[4, 5][:count], max_changes=allowed)
    assert kinds(found) == (["too_many_changes"] if count > allowed else [])


def test_those_that_are_gone_already_are_no_change() -> None:
    asked = {"node-04": probe(4, running=False), "node-05": probe(5)}
    assert kinds(judge(4, 5, listed=nodes(n4="Dead"), asked=asked, max_changes=1)) == []
    # It was stopped a moment ago, and still is a member to the others.
    assert kinds(judge(4, 5, asked=asked, max_changes=1)) == ["too_many_changes"]


@pytest.mark.parametrize(
    ("alive", "more", "shut"),
    [
        (5, {}, False),
        (4, {}, False),
        (3, {}, True),
        (5, {"min_nodes": 4}, False),
        (5, {"min_nodes": 5}, True),
        (4, {"min_nodes": 1}, False),
        (3, {"min_nodes": 1}, True),  # never fewer than the replication factor
    ],
)
def test_as_many_nodes_stay_as_must(alive: int, more: dict[str, Any], shut: bool) -> None:
    listed = nodes(**{f"n{n}": "Dead" for n in (5, 3)[: 5 - alive]})
    found = judge(4, listed=listed, **more)
    assert kinds(found) == (["too_few_nodes"] if shut else [])
    if shut:
        accepted = judge(4, listed=listed, accept=("too_few_nodes",), **more)
        assert kinds(accepted) == []
        assert [a["kind"] for a in accepted["accepted"]] == ["too_few_nodes"]


def test_those_that_stay_are_counted_after_all_of_them() -> None:
    assert kinds(judge(3, 4)) == []
    assert kinds(judge(2, 3, 4)) == ["too_few_nodes"]


@pytest.mark.parametrize(("dead", "shut"), [((4,), False), ((4, 5), False), ((4, 5, 3), True)])
def test_what_a_dead_node_had_needs_as_many_others_as_there_are_copies(
    dead: tuple[int, ...], shut: bool
) -> None:
    """Else the wait for it would never end."""
    listed = nodes(**{f"n{number}": "Dead" for number in dead})
    found = judge(4, listed=listed, asked={"node-04": probe(4, running=False)})
    assert kinds(found) == (["too_few_nodes"] if shut else [])
    if shut:
        assert "Replace the node (replace_node), or add a node first" in detail(found)


@pytest.mark.parametrize("state", ["Suspect", None, "Leaving"])
def test_only_alive_is_live(state: Any) -> None:
    assert kinds(judge(4, listed=nodes(n5=state, n3=state))) == ["too_few_nodes"]


def test_a_factor_of_two_is_accepted_by_name() -> None:
    assert "each has one copy" in detail(judge(4, factor=2))
    found = judge(4, factor=2, accept=("single_copy",))
    assert found["blockers"] == []
    assert [a["kind"] for a in found["accepted"]] == ["single_copy"]
    assert kinds(judge(4, factor=2, can_drain=True)) == []


def test_a_factor_of_one_is_refused_whatever_is_accepted() -> None:
    found = judge(4, factor=1, accept=("single_copy", "no_other_copy", "no_replica_left"))
    assert kinds(found) == ["no_other_copy"]
    assert "Raise the replication factor to 3" in detail(found)
    assert kinds(judge(4, factor=1, can_drain=True)) == []
    # What is Dead is not stopped any more, and the waits tell what became of its shards.
    gone = {"node-04": probe(4, running=False)}
    assert kinds(judge(4, factor=1, listed=nodes(n4="Dead"), asked=gone)) == []


@pytest.mark.parametrize(
    ("state", "shut"), [("Alive", True), ("Suspect", True), ("Dead", False), (None, False)]
)
def test_who_lives_where_nobody_can_stop_it_is_refused(state: Any, shut: bool) -> None:
    found = judge(4, listed=nodes(n4=state), asked={"node-04": {"lost": True}})
    assert kinds(found) == (["unreachable_target"] if shut else [])


def test_data_that_cannot_be_reached_cannot_be_deleted() -> None:
    lost = {"node-04": {"lost": True}}
    assert kinds(judge(4, listed=nodes(n4="Dead"), asked=lost, delete_data=True)) == [
        "unreachable_data"
    ]
    assert kinds(judge(4, delete_data=True)) == []


@pytest.mark.parametrize(
    ("data", "shut"),
    [({"empty": False}, True), (None, True), ({"empty": True}, False)],
)
def test_data_is_not_deleted_of_a_node_for_whose_stop_no_guard_is_asked(
    data: Any, shut: bool
) -> None:
    """It may be the only one that held it: once it is out of the replica sets, nobody knows."""
    stopped = {"node-04": {**probe(4, running=False), "data_dir": data}}
    listed = nodes(n4="Dead")
    kept = judge(4, listed=listed, asked=stopped)
    assert kinds(kept) == []
    found = judge(4, listed=listed, asked=stopped, delete_data=True)
    assert kinds(found) == (["unguarded_data"] if shut else [])
    accepted = judge(4, listed=listed, asked=stopped, delete_data=True, accept=("unguarded_data",))
    assert kinds(accepted) == []


@pytest.mark.parametrize(
    ("confirm", "check", "shut"),
    [
        (("node-04",), False, False),
        (("NODE-04",), False, False),  # as a UUID that somebody else spells
        ((), False, True),
        (("node-05",), False, True),
        (("node-04", "node-05"), False, True),
        ((), True, False),
    ],
)
def test_the_target_is_repeated(confirm: tuple[str, ...], check: bool, shut: bool) -> None:
    found = judge(4, confirm=confirm, check=check)
    assert kinds(found) == (["not_confirmed"] if shut else [])
    if shut:
        assert "-e stemedb_confirm=node-04" in detail(found)


def with_seeds(*seeds: str) -> list[Declared]:
    return [member._replace(seeds=seeds) for member in MEMBERS]


@pytest.mark.parametrize(
    ("seeds", "listed", "shut"),
    [
        (SEEDS, nodes(), False),
        (SEEDS, nodes(n1="Dead"), True),
        (("10.0.0.4:18183",), nodes(), True),
        (("node-04:18183", "node-02:18183"), nodes(), False),
        (("10.0.0.4:18183", "elsewhere:18183"), nodes(), True),
        # It is none of them, so it is not the last.
        (("10.0.0.1:18183",), nodes(n1="Dead"), False),
        # 10.0.0.4 is not 10.0.0.40.
        (("10.0.0.40:18183",), nodes(), False),
    ],
)
def test_the_last_seed_that_lives_stays(seeds: tuple[str, ...], listed: Any, shut: bool) -> None:
    found = judge(4, listed=listed, members=with_seeds(*seeds), seeds=seeds)
    unknown = ["unknown_seed"] if "elsewhere:18183" in seeds else []
    assert kinds(found) == (["last_seed", *unknown] if shut else [])
    if shut:
        names = ("last_seed", *unknown)
        passed = judge(4, listed=listed, members=with_seeds(*seeds), seeds=seeds, accept=names)
        assert passed["blockers"] == []


def test_unknown_seeds_are_not_known_to_be_there() -> None:
    members = [member._replace(seeds=None) for member in MEMBERS]
    found = judge(4, members=members, seeds=None)
    assert kinds(found) == ["last_seed"]
    assert "is not set" in detail(found)
    assert found["seeds"] == {}


def test_who_is_not_alive_gets_no_seeds_written() -> None:
    found = judge(4, listed=nodes(n5="Dead"))
    assert sorted(found["seeds"]) == ["node-01", "node-02", "node-03"]


def test_an_address_that_others_have_too_is_nobodys() -> None:
    listed = [{**node, "address": "shared:18182"} for node in nodes()]
    seeds = ("shared:18183", "10.0.0.1:18183")
    found = judge(4, listed=listed, members=with_seeds(*seeds), seeds=seeds)
    assert found["old_seeds"] == []


@pytest.mark.parametrize("seed", ["n4.example.com:18183", "N4.EXAMPLE.COM.:18183"])
def test_the_last_seed_stays_whatever_it_is_called(seed: str) -> None:
    resolved = {"n4.example.com": ["10.0.0.4"]}
    found = judge(4, members=with_seeds(seed), seeds=(seed,), resolved=resolved)
    assert kinds(found) == ["last_seed"]
    assert found["old_seeds"] == [seed]
    two = (seed, "10.0.0.1:18183")
    found = judge(4, members=with_seeds(*two), seeds=two, resolved=resolved)
    assert kinds(found) == []
    assert found["seeds"]["node-01"] == ["10.0.0.1:18183"]


@pytest.mark.parametrize("resolved", [{}, {"n4": []}, {"n4": ["10.0.0.1", "10.0.0.4"]}])
def test_a_seed_that_may_be_the_one_that_goes_is_accepted_by_name(resolved: Any) -> None:
    seeds = ("n4:18183", "10.0.0.1:18183")
    told: dict[str, Any] = {"members": with_seeds(*seeds), "seeds": seeds, "resolved": resolved}
    found = judge(4, **told)
    assert kinds(found) == ["unknown_seed"]
    assert found["blockers"][0]["subject"] == "n4:18183"
    passed = judge(4, accept=("unknown_seed",), **told)
    assert passed["blockers"] == []
    assert [each["kind"] for each in passed["accepted"]] == ["unknown_seed"]
