"""What the lock's list says of whom: the last operation counts, and what did not end is left."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.history import (
    History,
    is_any,
    operation,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import D
from ansible_collections.stemedb.cluster.tests.unit.support.planning import NOW, did


def last(history: History, *names: Optional[str]) -> Optional[str]:
    found = history.last_of(*names)
    return None if found is None else found.kind


def left(*rows: dict[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.kind, one.targets) for one in History(rows).unfinished]


def test_an_operation_as_the_lock_hosts_tell_it() -> None:
    told = operation(did("replace_node", "db-3, db-7", step="Provision"))
    assert told.targets == ("db-3", "db-7")
    assert (told.kind, told.outcome, told.step) == ("replace_node", "succeeded", "Provision")
    assert told.succeeded
    assert not told.unfinished
    assert operation({}).targets == ()
    assert operation({"target": ["db-1", ""]}).targets == ("db-1",)


@pytest.mark.parametrize("outcome", ["failed", "stopped", "abandoned", "running", "", "odd", None])
def test_what_nobody_knows_to_have_ended_did_not(outcome: Optional[str]) -> None:
    assert operation(did("add_node", "db-1", outcome="x") | {"outcome": outcome}).unfinished


def test_the_last_operation_on_a_name_counts_whatever_their_order() -> None:
    rows = [
        did("add_node", "db-4", ago=300),
        did("remove_node", "db-4", ago=100),
        did("rolling_restart", "db-4", ago=50),
        did("replace_node", "db-3, db-7", ago=200),
    ]
    for order in (rows, rows[::-1]):
        history = History(order)
        assert last(history, "db-4") == "remove_node"
        assert last(history, "db-3") == last(history, "DB-7", None) == "replace_node"
        assert last(history, "db-3", "db-4") == "remove_node"
        assert last(history, "db-9", None, "") is None


def test_who_took_whose_place() -> None:
    history = History([did("replace_node", "db-3, db-7"), did("replace_node", f"{D}, db-8")])
    found = history.replacement_of("db-3", None)
    assert found is not None
    assert found.targets[-1] == "db-7"
    found = history.replacement_of("db-4", D.upper())
    assert found is not None
    assert found.targets[-1] == "db-8"
    # The replacement was not replaced; and what was added since is what it is.
    assert history.replacement_of("db-7") is None
    later = did("add_node", "db-3", ago=1)
    assert History([did("replace_node", "db-3, db-7"), later]).replacement_of("db-3") is None


def test_what_did_not_end_is_left_until_it_is_done_again() -> None:
    failed = did("add_node", "db-4", "failed", ago=300)
    assert left(failed) == [("add_node", ("db-4",))]
    assert left(failed, did("add_node", "db-4", ago=100)) == []
    assert left(failed, did("remove_node", "db-4", ago=100)) == []
    assert left(failed, did("add_node", "db-5", ago=100)) == [("add_node", ("db-4",))]
    assert left(did("add_node", "db-4", ago=300), did("add_node", "db-4", "failed", ago=100))


def test_one_of_several_that_was_done_again_leaves_the_others() -> None:
    both = did("add_node", "db-4, db-5", "failed", ago=300)
    assert left(both, did("add_node", "db-4", ago=100)) == [("add_node", ("db-4", "db-5"))]


def test_what_changes_no_member_is_left_until_its_kind_succeeds() -> None:
    failed = did("rolling_restart", "db-1", "stopped", ago=300)
    assert left(failed) == [("rolling_restart", ("db-1",))]
    assert left(failed, did("heal", "", ago=100)) == [("rolling_restart", ("db-1",))]
    assert left(failed, did("rolling_restart", "db-2", ago=100)) == []


def test_a_bootstrap_is_left_until_members_were_changed_with_success() -> None:
    failed = did("bootstrap", "", "abandoned", ago=300)
    assert left(failed) == [("bootstrap", ())]
    assert left(failed, did("add_node", "db-4", "failed", ago=100)) == [
        ("bootstrap", ()),
        ("add_node", ("db-4",)),
    ]
    assert left(failed, did("add_node", "db-4", ago=100)) == []


def test_what_may_be_under_way_is_left_whatever_came_later() -> None:
    running = did("add_node", "db-4", "running", ago=300)
    assert left(running, did("add_node", "db-4", ago=100)) == [("add_node", ("db-4",))]


def test_replacements_of_a_day_each_once() -> None:
    history = History(
        [
            did("replace_node", "db-1, db-7", ago=86500),
            did("replace_node", "db-2, db-8", "failed", ago=86300),
            did("replace_node", "db-2, db-8", ago=80000),
            did("add_node", "db-9", ago=10),
            did("replace_node", "db-3", ago=-50),
            {**did("replace_node", "db-4"), "since": "some day"},
        ]
    )
    assert sorted(history.replaced_since(NOW)) == ["db-2 by db-8", "db-3", "db-4"]


def test_a_name_is_an_id_in_any_case() -> None:
    assert is_any(D.upper(), [None, "db-1", D])
    assert not is_any("db-2", [None, "db-1", D])
