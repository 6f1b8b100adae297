"""Which host takes the place of a dead node."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.support.replacing import (
    AWAY,
    IDS,
    MEMBERS,
    NEW,
    OLD,
    SPARE,
    detail,
    judge,
    kinds,
    node,
    nodes,
    probe,
)


@pytest.mark.parametrize(
    ("its", "why"),
    [
        (AWAY, "cannot be reached (no route to host)"),
        (None, "cannot be reached (not asked)"),
        (probe(running=True), "its service runs, or that is not known"),
        (probe(running=None), "its service runs, or that is not known"),
        (probe(empty=False), "its data directory holds something"),
        (probe(data_dir=None), "its data directory holds something, or cannot be read"),
        (probe(IDS[0]), f"it is node {IDS[0]}, or was"),
    ],
)
def test_a_spare_that_is_not_fresh_is_none(its: Any, why: str) -> None:
    found = judge(probes={"spare": its or {}})
    assert kinds(found) == ["no_replacement"]
    assert f"spare: {why}" in detail(found)
    assert "There are three ways" in detail(found)
    assert found["replacement"] is None


def test_the_first_spare_that_is_free_is_taken() -> None:
    more = SPARE._replace(host="spare-2", address="10.0.0.10")
    probes = {"spare": probe(running=True), "spare-2": probe()}
    found = judge(probes=probes, members=(*MEMBERS, SPARE, more), spares=("spare", "spare-2"))
    assert found["replacement"]["host"] == "spare-2"


def test_without_a_spare_it_is_the_same_host() -> None:
    found = judge(probes={"node-04": probe(OLD, empty=False)}, spares=())
    new = found["replacement"]
    assert (new["host"], new["same_host"], new["node_id"]) == ("node-04", True, NEW)
    # It stays a seed, at the same address.
    assert found["old_seeds"] == []
    assert found["own_seeds"] == ["10.0.0.1:18183", "10.0.0.4:18183"]


def test_the_same_host_has_to_tell_what_it_holds() -> None:
    its = probe(OLD, data_dir=None)
    found = judge(probes={"node-04": its}, spares=())
    assert kinds(found) == ["no_replacement"]
    assert "its data or its service cannot be looked at" in detail(found)


def test_without_a_host_there_are_three_ways() -> None:
    found = judge(spares=())
    assert kinds(found) == ["no_replacement"]
    for way in ("stemedb_spares", "-e stemedb_replace_node_with=HOST", "host of the dead node"):
        assert way in detail(found)


@pytest.mark.parametrize("name", ["node-05", "nobody"])
def test_who_is_named_has_to_be_a_fresh_host(name: str) -> None:
    found = judge(instead=name, probes={"node-05": probe(IDS[4], running=True, empty=False)})
    assert kinds(found) == ["no_replacement"]
    assert ("is Alive at its address" in detail(found)) is (name == "node-05")
    assert ("no host of the inventory" in detail(found)) is (name == "nobody")


def test_a_host_that_has_the_id_of_the_dead_one_is_not_another() -> None:
    found = judge(members=(*MEMBERS, SPARE._replace(node_id=OLD)))
    assert "its stemedb_node_id is that of the dead node" in detail(found)


def test_the_id_of_the_inventory_is_taken() -> None:
    found = judge(members=(*MEMBERS, SPARE._replace(node_id="mine")))
    assert found["replacement"]["node_id"] == "mine"


@pytest.mark.parametrize(
    ("its", "listed", "new", "member"),
    [
        (probe(), nodes(), NEW, False),
        (probe(NEW), nodes(), NEW, False),
        (probe("made", running=True, empty=False), [*nodes(), node("made", 9)], "made", True),
    ],
)
def test_what_was_begun_is_gone_on_with(its: Any, listed: Any, new: str, member: bool) -> None:
    # Also before spares that come first, and before the same host.
    first = SPARE._replace(host="first", address="10.0.0.8")
    found = judge(
        listed=listed,
        probes={"first": probe(), "spare": its, "node-04": probe(OLD, empty=False)},
        records={"spare": OLD},
        members=(*MEMBERS, first, SPARE),
        spares=("first", "spare"),
    )
    assert found["blockers"] == []
    got = found["replacement"]
    assert (got["host"], got["node_id"], got["begun"], got["member"]) == (
        "spare",
        new,
        True,
        member,
    )


def test_a_replacement_that_died_is_none() -> None:
    listed = [*nodes(), node(NEW, 9, "Dead")]
    found = judge(listed=listed, probes={"spare": probe(NEW, empty=False)}, records={"spare": OLD})
    assert kinds(found) == ["other_dead", "no_replacement"]
    assert "is Dead itself" in found["blockers"][1]["detail"]


def test_nobody_is_replaced_twice() -> None:
    listed = [*nodes(), node(NEW, 9)]
    more = SPARE._replace(host="other", address="10.0.0.10")
    found = judge(
        listed=listed,
        probes={"spare": probe(NEW, running=True, empty=False), "other": probe()},
        records={"spare": OLD},
        members=(*MEMBERS, SPARE, more),
        instead="other",
    )
    assert kinds(found) == ["replaced_already"]
    assert "spare replaces it already" in detail(found)


def test_a_spare_that_runs_a_node_and_cannot_be_asked_may_be_the_replacement() -> None:
    more = SPARE._replace(host="other", address="10.0.0.10")
    found = judge(
        listed=[*nodes(), node(NEW, 9)],
        probes={"spare": AWAY, "other": probe()},
        members=(*MEMBERS, SPARE, more),
        spares=("spare", "other"),
    )
    assert kinds(found) == ["unknown_spare"]
    assert "whether it replaces node-04 already is not known" in detail(found)


def test_the_port_of_the_new_seed_is_that_of_its_host() -> None:
    found = judge(gossip_ports={"spare": 7946})
    assert found["new_seeds"] == ["10.0.0.9:7946"]


def test_a_cluster_without_the_dead_one_as_a_seed_keeps_its_lists() -> None:
    seeds = ("10.0.0.1:18183",)
    members = [m._replace(seeds=seeds) for m in (*MEMBERS, SPARE)]
    found = judge(members=members, seeds=seeds)
    assert (found["seeds"], found["new_seeds"]) == ({}, [])
