"""Each reason for which nothing may be done, and that nothing else is one."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Observer,
    Snapshot,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import Limits
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.refusals import MOST
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    A,
    B,
    D,
    shard,
    silent,
    without_nodes,
    without_shards,
)
from ansible_collections.stemedb.cluster.tests.unit.support.planning import (
    NOW,
    E,
    db,
    facts,
    four,
    kinds,
    node,
    planned,
    shards,
    snapshot,
    steps,
)

LIVING = (node(1), node(2), node(3), node(4))
DEAD_4 = (*LIVING[:3], node(4, "Dead"))
FIVE = [*four(), db(5)]


def refused(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(row["kind"], row["subject"]) for row in found["refused"]]


def unknown(found: dict[str, Any], kind: str, *subjects: str) -> None:
    """Fail unless that is all that is refused, and nothing is said that rests on it."""
    assert kinds(found) == [kind], found["refused"]
    assert [row["subject"] for row in found["refused"]] == list(subjects)
    assert (found["steps"], found["drift"]) == ([], None)
    assert (found["fingerprint"], found["fingerprint_after"]) == (None, None)
    assert found["refusal"] == f"Blocked by {kind}: see above. Nothing was changed."


def braked(found: dict[str, Any], kind: str, subject: str) -> str:
    """The detail, if that is all that is refused, and the plan is there all the same."""
    assert refused(found) == [(kind, subject)]
    assert found["fingerprint"] is not None
    return str(found["refused"][0]["detail"])


def differing(one: Snapshot, other: Snapshot) -> Snapshot:
    """The first view of one, and the second of the other."""
    return Snapshot((one.views[0], other.views[1]), one.observers[:2])


# --- what is declared ----------------------------------------------------------------------------


def test_an_empty_list_means_nothing_at_all() -> None:
    everybody = tuple(one.node_id or "" for one in four())
    unknown(planned(declared=[], prune=everybody), "nothing_declared", "stemedb_nodes")


def test_two_hosts_with_one_address() -> None:
    declared = [*four()[:3], db(4, D)._replace(address="10.0.0.3")]
    unknown(planned(declared=declared), "duplicate_address", "db-3, db-4")
    both = [*FIVE, db(6)._replace(address="10.0.0.5:18182")]
    unknown(planned(declared=both), "duplicate_address", "db-5, db-6")
    spare = db(6)._replace(address="10.0.0.1")
    unknown(planned(spares=(spare,)), "duplicate_address", "db-1, db-6")


def test_two_ports_of_one_address_are_two() -> None:
    ports = [db(n)._replace(address=f"10.0.0.5:1800{n}") for n in (5, 6)]
    assert planned(declared=[*four(), *ports], max_changes=2)["refused"] == []
    same = [ports[0], ports[1]._replace(address=ports[0].address)]
    unknown(planned(declared=[*four(), *same]), "duplicate_address", "db-5, db-6")


def test_two_nodes_at_the_address_of_one_host() -> None:
    nodes = (*LIVING, node(4, node_id=E))
    found = planned(snapshot(*nodes), [*four()[:3], db(4)])
    unknown(found, "duplicate_address", "db-4")
    assert f"nodes {D}, {E} are listed" in found["refused"][0]["detail"]
    assert planned(snapshot(*nodes))["refused"] == []


def test_two_hosts_with_one_id() -> None:
    found = planned(declared=[*four(), db(5, D.upper())])
    unknown(found, "duplicate_node_id", "db-4, db-5")
    unknown(planned(spares=(db(6, D),)), "duplicate_node_id", "db-4, db-6")


def test_two_hosts_that_are_one_node() -> None:
    declared = [*four()[:3], db(4), db(5, D)]
    unknown(planned(declared=declared), "duplicate_node_id", "db-4, db-5")


def test_a_spare_that_is_declared_is_one_host() -> None:
    assert planned(spares=(db(4, D),))["refused"] == []


# --- what the observers say ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        snapshot(*DEAD_4),
        snapshot(*LIVING[:3]),
        snapshot(*LIVING, node(5)),
        snapshot(*LIVING, held=[shard(0, B, (A, B, D)), *shards(LIVING)[1:]]),
    ],
)
def test_views_that_differ(other: Snapshot) -> None:
    found = planned(differing(snapshot(), other), FIVE)
    assert kinds(found) == ["views_differ"]
    assert {row["subject"] for row in found["refused"]} == {"http://10.0.0.2:18181"}
    assert "plan again in a minute" in found["refused"][0]["detail"]
    assert (found["steps"], found["drift"], found["fingerprint"]) == ([], None, None)


def test_an_observer_that_is_silent() -> None:
    whole = snapshot(views=2)
    known = Snapshot(whole.views, (*whole.observers, silent("http://10.0.0.3:18181")))
    unknown(planned(known, FIVE), "incomplete_view", "http://10.0.0.3:18181")
    quorum = Snapshot(known.views, known.observers, "quorum")
    assert steps(planned(quorum, FIVE)) == [("add_node", "db-5")]


def test_nobody_asks_a_dead_node_about_itself() -> None:
    whole = snapshot(*DEAD_4)
    own = silent("http://10.0.0.4:18181")._replace(node_id=D)
    known = Snapshot(whole.views, (*whole.observers, own))
    assert steps(planned(known)) == [("replace_node", "db-4")]
    assert planned(known)["refused"] == []
    other = own._replace(node_id=A, url="http://10.0.0.1:18181")
    unknown(planned(Snapshot(whole.views, (*whole.observers, other))), "incomplete_view", other.url)


def test_nor_does_one_answer_where_no_node_is() -> None:
    whole = snapshot(*LIVING[:3])
    known = Snapshot(whole.views, (*whole.observers, silent("http://10.0.0.4:18181")))
    assert steps(planned(known)) == [("replace_node", "db-4")]
    balancer = silent("http://balancer:18181")
    unknown(planned(Snapshot(whole.views, (*whole.observers, balancer))), "incomplete_view",
            balancer.url)  # fmt: skip


def first_view(change: Any) -> Snapshot:
    whole = snapshot(views=2)
    return Snapshot((change(whole.views[0]), whole.views[1]), whole.observers)


@pytest.mark.parametrize(
    "known",
    [
        first_view(without_nodes),
        first_view(without_shards),
        snapshot(node_count=7),
        snapshot(node_count=None),
        snapshot(shard_count=7),
        snapshot(*LIVING[:3], node(4, None)),
        snapshot(held=[shard(0, A, None)], views=2),
    ],
)
def test_views_that_leave_something_out(known: Snapshot) -> None:
    found = planned(known, FIVE)
    assert set(kinds(found)) <= {"incomplete_view", "views_differ"}
    assert kinds(found)[0] == "incomplete_view"
    assert (found["steps"], found["drift"], found["fingerprint"]) == ([], None, None)


def test_many_reasons_are_few_lines() -> None:
    held = [shard(number, A, None) for number in range(1000)]
    found = planned(snapshot(held=held, views=1))
    assert len(found["refused"]) == MOST + 1
    assert found["refused"][-1]["detail"] == "and 990 more"


def test_a_cluster_without_shards_may_be_changed() -> None:
    assert steps(planned(snapshot(held=()), FIVE)) == [("add_node", "db-5")]
    assert planned(snapshot(held=()), FIVE)["refused"] == []


@pytest.mark.parametrize("state", ["Suspect", "Leaving"])
def test_a_node_of_which_nobody_knows_whether_it_lives(state: str) -> None:
    known = snapshot(*LIVING[:3], node(4, state))
    assert f"is {state}" in braked(planned(known), "suspect_node", D)
    assert planned(known)["drift"] is None
    assert planned(known, FIVE)["drift"] is True
    passed = planned(known, accept=frozenset({"suspect_node"}))
    assert (passed["refused"], [row["kind"] for row in passed["accepted"]]) == (
        [],
        ["suspect_node"],
    )
    assert passed["steps"] == []


def test_too_few_observers_and_accepted_by_name() -> None:
    known = snapshot(views=1)
    limits = Limits(min_observers=2)
    assert "1 of 2 observers" in braked(planned(known, limits=limits), "single_observer", "cluster")
    accept = frozenset({"single_observer"})
    assert planned(known, limits=limits, accept=accept)["refused"] == []
    assert planned(snapshot(views=2), limits=limits)["refused"] == []


def test_gateways_of_nobody_are_one_observer() -> None:
    whole = snapshot(views=2)
    nobodys = tuple(one._replace(node_id=None) for one in whole.observers)
    limits = Limits(min_observers=3)
    assert kinds(planned(Snapshot(whole.views, nobodys), limits=limits)) == ["single_observer"]
    mixed = (*whole.observers, Observer("http://balancer:1", reachable=True))
    known = Snapshot((*whole.views, whole.views[0]), mixed)
    found = planned(known, limits=limits)
    assert "2 of 3 observers" in braked(found, "single_observer", "cluster")


# --- brakes --------------------------------------------------------------------------------------


def test_more_steps_than_are_allowed_are_refused_whole() -> None:
    declared = [*four(), db(5), db(6)]
    found = planned(declared=declared)
    detail = braked(found, "too_many_changes", "stemedb_max_changes")
    assert "2 steps, and stemedb_max_changes allows 1" in detail
    assert len(found["steps"]) == 2
    assert planned(declared=declared, max_changes=2)["refused"] == []
    assert planned(declared=FIVE)["refused"] == []
    assert kinds(planned(declared=FIVE, max_changes=0)) == ["too_many_changes"]


def test_lock_hosts_that_are_derived() -> None:
    found = planned(lock_hosts=())
    assert "which is what a merge edits" in braked(
        found, "derived_lock_hosts", "stemedb_lock_hosts"
    )


@pytest.mark.parametrize(
    ("until", "when"),
    [(True, "until somebody unsets it"), (NOW + 60, "until 2026-09-21T14:14:20Z"), (NOW, None),
     (NOW - 1, None), (False, None)],
)  # fmt: skip
def test_maintenance(until: Any, when: Optional[str]) -> None:
    found = planned(declared=FIVE, maintenance=until)
    assert steps(found) == [("add_node", "db-5")]
    if when is None:
        assert found["refused"] == []
    else:
        assert when in braked(found, "maintenance", "stemedb_maintenance")


UNACCEPTABLE = [
    ("nothing_declared", {"declared": []}),
    ("duplicate_address", {"declared": [*FIVE, db(6)._replace(address="10.0.0.5")]}),
    ("duplicate_node_id", {"declared": [*four(), db(5, D)]}),
    ("views_differ", {"cluster": differing(snapshot(), snapshot(*DEAD_4))}),
    ("incomplete_view", {"cluster": snapshot(node_count=7)}),
    ("too_many_changes", {"declared": [*four(), db(5), db(6)]}),
    ("derived_lock_hosts", {"lock_hosts": ()}),
    ("maintenance", {"maintenance": True}),
    ("unfinished_operation", {"operations": None}),
]


@pytest.mark.parametrize(("kind", "given"), UNACCEPTABLE)
def test_no_other_kind_may_be_accepted(kind: str, given: dict[str, Any]) -> None:
    assert kinds(planned(accept=frozenset({kind}), **given)) == [kind]


def test_several_reasons_are_all_there() -> None:
    found = planned(declared=[*four(), db(5), db(6)], lock_hosts=(), maintenance=True)
    assert kinds(found) == ["derived_lock_hosts", "maintenance", "too_many_changes"]
    assert facts().settings.max_changes == 1
