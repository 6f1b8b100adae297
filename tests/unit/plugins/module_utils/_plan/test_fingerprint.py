"""What the fingerprint covers, what it does not, and that it can be foretold."""

from __future__ import annotations

import dataclasses
from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._plan import fingerprint
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import Facts
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.match import Index
from ansible_collections.stemedb.cluster.tests.unit.support.builders import A, B, D
from ansible_collections.stemedb.cluster.tests.unit.support.planning import (
    E,
    F,
    db,
    facts,
    four,
    node,
    shards,
    snapshot,
)

LIVING = (node(1), node(2), node(3), node(4))


def basis(known: Facts) -> fingerprint.Basis:
    return fingerprint.basis(known, Index(known.snapshot.nodes.values(), known.resolved))


def taken(*given: Any, done: Any = (), **more: Any) -> str:
    return fingerprint.taken(basis(facts(*given, **more)), done)


def foretold(*given: Any, done: Any = (), **more: Any) -> str:
    return fingerprint.foretold(basis(facts(*given, **more)), done)


def step(
    operation: str, host: Optional[str], node_id: Optional[str], by: Optional[str] = None
) -> dict[str, Optional[str]]:
    return {"operation": operation, "host": host, "node_id": node_id, "replacement": by}


def renamed(known: Snapshot, name: str) -> Snapshot:
    views = (dataclasses.replace(one, status=one.status._replace(name=name)) for one in known.views)
    return Snapshot(tuple(views), known.observers)


def test_it_is_the_same_on_every_python() -> None:
    found = taken()
    assert found == "1388202cc1391348ba2be4b9f46be712cf67c5a81acab04992b5409c9635aa36"
    assert foretold() == found


@pytest.mark.parametrize(
    "other",
    [
        {"cluster": renamed(snapshot(), "test")},
        {"cluster": snapshot(*LIVING[:3])},
        {"cluster": snapshot(*LIVING, node(5))},
        {"cluster": snapshot(*LIVING[:3], node(4, "Dead"))},
        {"cluster": snapshot(*LIVING[:3], node(4, node_id=E))},
        {"cluster": snapshot(*LIVING[:3], node(4)._replace(address="10.0.0.9:18182"))},
        {"declared": four()[:3]},
        {"declared": [*four(), db(5)]},
        {"declared": [*four()[:3], db(4)]},
        {"declared": [*four()[:3], db(4, D, zone="west")]},
        {"declared": [*four()[:3], db(4, D)._replace(address="10.0.0.9")]},
        {"spares": (db(6),)},
        {"spares": (db(6, zone="west"),)},
        {"lock_hosts": ("db-1", "db-2", "db-4")},
        {"prune": ("db-9",)},
    ],
)
def test_it_changes_with_what_a_plan_rests_on(other: dict[str, Any]) -> None:
    assert taken(**other) != taken()
    assert taken(spares=(db(6),)) != taken(spares=(db(6, zone="west"),))


def test_its_format_is_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = taken()
    monkeypatch.setattr(fingerprint, "FORMAT", 2)
    assert taken() != before


@pytest.mark.parametrize(
    "same",
    [
        {"cluster": snapshot(*LIVING, held=shards(LIVING[1:], 7))},
        {"cluster": snapshot(*LIVING, version=99, word="degraded", views=1)},
        {"cluster": snapshot(*LIVING[::-1])},
        {"cluster": snapshot(*LIVING[:3], node(4, "Suspect"))},
        {"cluster": snapshot(*LIVING[:3], node(4)._replace(incarnation=7))},
        {"declared": four()[::-1]},
        {"lock_hosts": ("db-3", "db-1", "db-2", "db-1")},
        {"max_changes": 7, "accept": frozenset({"suspect_node"}), "maintenance": True},
        {"now": 1.0, "operations": None, "others": (db(9),), "unattended": True},
    ],
)
def test_it_does_not_change_with_what_changes_by_itself(same: dict[str, Any]) -> None:
    assert taken(**same) == taken()


def test_no_order_is_part_of_it() -> None:
    assert taken(spares=(db(6), db(7))) == taken(spares=(db(7), db(6)))
    assert taken(prune=("a", "b")) == taken(prune=("b", "a"))


ADDED = [*four(), db(5)]


@pytest.mark.parametrize("node_id", [E, F])
def test_after_an_addition_whatever_id_its_node_has(node_id: str) -> None:
    done = [step("add_node", "db-5", None)]
    before = foretold(snapshot(*LIVING), ADDED, done=done)
    new = node(5, node_id=node_id)
    assert taken(snapshot(*LIVING, new), ADDED, done=done) == before
    assert taken(snapshot(*LIVING), ADDED, done=done) != before
    assert taken(snapshot(*LIVING, new._replace(state="Dead")), ADDED, done=done) != before
    assert taken(snapshot(*LIVING[:3], new), ADDED, done=done) != before
    assert taken(snapshot(*LIVING, new), ADDED) != before


@pytest.mark.parametrize("aged_out", [True, False])
@pytest.mark.parametrize("by", ["db-6", None])
def test_after_a_replacement_whether_the_dead_one_is_listed_or_not(
    aged_out: bool, by: Optional[str]
) -> None:
    done, spares = [step("replace_node", "db-4", D, by)], (db(6),)
    before = foretold(snapshot(*LIVING[:3], node(4, "Dead")), done=done, spares=spares)
    new = node(6) if by else node(4, node_id=E)
    after = [*LIVING[:3], new] if aged_out else [*LIVING[:3], node(4, "Dead"), new]
    assert taken(snapshot(*after), done=done, spares=spares) == before
    assert taken(snapshot(*LIVING[:3]), done=done, spares=spares) != before


@pytest.mark.parametrize("after", [LIVING[:3], (*LIVING[:3], node(4, "Dead"))])
def test_after_a_removal(after: Any) -> None:
    done = [step("remove_node", None, D)]
    before = foretold(snapshot(*LIVING), done=done)
    assert taken(snapshot(*after), done=done) == before
    # One that is still alive was not removed.
    assert taken(snapshot(*LIVING), done=done) != before
    assert taken(snapshot(*LIVING[:2], node(4, "Dead")), done=done) != before


def test_after_one_that_was_removed_is_added_again_with_its_id() -> None:
    done = [step("add_node", "db-4", D)]
    before = foretold(snapshot(*LIVING[:3], node(4, "Dead")), done=done)
    assert taken(snapshot(*LIVING), done=done) == before
    assert foretold(snapshot(*LIVING[:3]), done=done) == before


def test_it_holds_ids_in_one_spelling() -> None:
    assert taken(snapshot(*LIVING[:3], node(4, node_id=D.upper()))) == taken()
    assert {A, B} < {one.node_id for one in LIVING}
