"""One lock host's part of the lock: who gets it, when it expires, what is remembered."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._lock import record
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import Moment, Request

DAWN = 1795403565.0  # 2026-11-23T03:12:45Z
ALICE = {"controller": "ctrl-01", "user": "alice", "pid": 7, "boot_id": "b", "process_start": 1}


def at(seconds: float) -> Moment:
    return Moment(DAWN + seconds, "boot-1", 1000.0 + seconds)


def ask(run: str, lease: float = 60, **more: Any) -> Request:
    return Request(run, ALICE, lease, **{"operation": "remove_node", "target": "node-03", **more})


def taken(run: str = "A", seconds: float = 0, **more: Any) -> dict[str, Any]:
    """The document of a lock that this run has taken."""
    change = record.acquire(record.empty(), ask(run, **more), at(seconds))
    assert change.held
    return dict(change.document)


# --- taking ---------------------------------------------------------------------------------------


def test_a_free_lock_is_had() -> None:
    change = record.acquire(record.empty(), ask("A", reason="its disk fails"), at(0))
    assert change.held
    assert change.replaced is None
    assert record.view(change.document["holder"], at(10)) == {
        "run_id": "A",
        "owner": {**ALICE, "pid_namespace": None},
        "operation": "remove_node",
        "target": "node-03",
        "reason": "its disk fails",
        "step": "",
        "leaves": [],
        "hosts": [],
        "cluster": None,
        "since": "2026-11-23T03:12:45Z",
        "renewed": "2026-11-23T03:12:45Z",
        "renewed_seconds": 10.0,
        "expires_seconds": 50.0,
        "expired": False,
    }


@pytest.mark.parametrize(("seconds", "held"), [(0, False), (59.9, False), (60, True), (1e6, True)])
def test_one_that_has_expired_gives_way_if_that_was_seen(seconds: float, held: bool) -> None:
    document = taken()
    assert record.acquire(document, ask("B"), at(seconds)).document is document
    request = ask("B", replace={"A": record.EXPIRED})
    assert record.break_(document, request, at(seconds)).document is not document or not held
    change = record.acquire(document, request, at(seconds))
    assert change.held is held
    if not held:
        assert change.document is document, "nothing is to be written"
        assert change.replaced is None
    else:
        assert change.replaced is not None
        assert (change.replaced["run_id"], change.replaced["why"]) == ("A", "expired")
        assert change.document["holder"]["run_id"] == "B"


@pytest.mark.parametrize("why", [record.NAMED, record.PROCESS_GONE])
def test_anothers_gives_way_if_it_is_named_and_only_that_one(why: str) -> None:
    document = taken(leaves=("agents that are stopped",))
    assert not record.acquire(document, ask("B", replace={"C": why}), at(1)).held
    change = record.acquire(document, ask("B", replace={"A": why}), at(1))
    assert change.held
    assert change.replaced is not None
    assert (change.replaced["run_id"], change.replaced["why"]) == ("A", why)
    (over,) = change.document["operations"]
    assert over["outcome"] == "abandoned"
    assert (over["why"], over["replaced_by"]) == (why, "B")
    assert over["leaves"] == ["agents that are stopped"]


def test_the_same_run_takes_it_again_also_when_it_had_expired() -> None:
    for seconds in (1, 3600):
        change = record.acquire(taken(), ask("A"), at(seconds))
        assert change.held
        assert change.replaced is None
        assert change.document["operations"] == []
        assert record.view(change.document["holder"], at(seconds))["expires_seconds"] == 60


# --- keeping --------------------------------------------------------------------------------------


def test_it_is_kept_for_another_lease_with_what_was_said() -> None:
    document = taken(reason="its disk fails", step="one", leaves=("x",))
    change = record.renew(document, Request("A", ALICE, 600), at(30))
    assert change.held
    holder = record.view(change.document["holder"], at(30))
    assert holder["expires_seconds"] == 600
    assert holder["since"] == "2026-11-23T03:12:45Z"
    assert (holder["operation"], holder["reason"]) == ("remove_node", "its disk fails")
    assert (holder["step"], holder["leaves"]) == ("one", ["x"])
    change = record.renew(change.document, Request("A", ALICE, 5, step="two", leaves=()), at(31))
    holder = record.view(change.document["holder"], at(31))
    assert (holder["step"], holder["leaves"], holder["expires_seconds"]) == ("two", [], 5)


@pytest.mark.parametrize(("run", "seconds"), [("A", 60), ("A", 3600), ("B", 1)])
def test_what_has_expired_or_is_anothers_is_not_kept(run: str, seconds: float) -> None:
    document = taken()
    change = record.renew(document, ask(run), at(seconds))
    assert not change.held
    assert change.document is document
    assert not record.show(document, ask(run), at(seconds)).held


def test_what_is_free_is_not_kept() -> None:
    assert not record.renew(record.empty(), ask("A"), at(0)).held


# --- the lock host's clock ------------------------------------------------------------------------


def test_setting_the_clock_changes_nothing_while_the_host_runs_on() -> None:
    holder = taken()["holder"]
    for wall in (DAWN - 1e6, DAWN + 1e6):
        assert record.age(holder, Moment(wall, "boot-1", 1030.0)) == 30
    assert record.expired(holder, Moment(DAWN, "boot-1", 1060.0))


@pytest.mark.parametrize(
    "now", [Moment(DAWN + 30, "boot-2", 3.0), Moment(DAWN + 30), Moment(DAWN + 30, "boot-1")]
)
def test_after_a_new_start_of_the_host_its_clock_counts(now: Moment) -> None:
    assert record.age(taken()["holder"], now) == 30


def test_a_clock_that_went_back_makes_no_lock_old() -> None:
    holder = taken()["holder"]
    assert record.age(holder, Moment(DAWN - 1e6, "boot-2", 3.0)) == 0
    assert not record.expired(holder, Moment(DAWN - 1e6, "boot-2", 3.0))


# --- giving back ----------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_it_is_given_back_and_the_operation_remembered(outcome: str) -> None:
    document = taken(reason="why", step="last", leaves=("x",))
    change = record.release(document, ask("A", outcome=outcome), at(90))
    assert not change.held
    assert change.document["holder"] is None
    assert change.document["operations"] == [
        {
            "run_id": "A",
            "cluster": None,
            "user": "alice",
            "controller": "ctrl-01",
            "operation": "remove_node",
            "target": "node-03",
            "reason": "why",
            "step": "last",
            "leaves": [],
            "since": "2026-11-23T03:12:45Z",
            "ended": "2026-11-23T03:14:15Z",
            "outcome": outcome,
            "why": None,
            "replaced_by": None,
        }
    ]


def test_a_race_that_was_lost_is_not_remembered() -> None:
    change = record.release(taken(), ask("A"), at(1))
    assert change.document["holder"] is None
    assert change.document["operations"] == []


def test_nobody_gives_back_anothers() -> None:
    document = taken()
    assert record.release(document, ask("B", outcome="failed"), at(3600)).document is document
    free = record.empty()
    assert record.release(free, ask("A", outcome="failed"), at(0)).document is free


def test_a_lock_that_is_named_is_freed_for_nobody() -> None:
    document = taken()
    assert record.break_(document, ask("B", replace={"C": "named"}), at(1)).document is document
    change = record.break_(document, ask("B", replace={"A": "named"}), at(1))
    assert not change.held
    assert change.document["holder"] is None
    assert change.replaced is not None
    assert change.replaced["run_id"] == "A"
    assert change.document["operations"][0]["replaced_by"] == "B"


# --- bounds ---------------------------------------------------------------------------------------


def test_the_last_50_operations_are_remembered() -> None:
    document: Any = record.empty()
    for number in range(60):
        document = record.acquire(document, ask(f"run-{number}"), at(number)).document
        request = ask(f"run-{number}", outcome="succeeded")
        document = record.release(document, request, at(number)).document
    runs = [operation["run_id"] for operation in document["operations"]]
    assert runs == [f"run-{number}" for number in range(10, 60)]


def test_texts_are_bounded() -> None:
    long = "x" * 1000
    document = taken(reason=long, step=long, target=long, leaves=(long,) * 100)
    holder = record.view(document["holder"], at(0))
    assert {len(holder[key]) for key in ("reason", "step")} == {200}
    assert [len(text) for text in holder["leaves"]] == [200] * 20


def test_of_many_targets_each_is_remembered_whole() -> None:
    """Red: the eleventh host of an addition was no member to a plan, and the cut one another."""
    names = [f"db-{number}.example.com" for number in range(1, 201)]
    holder = record.view(taken(target=", ".join(names))["holder"], at(0))
    assert holder["target"].split(", ") == names
    holder = record.view(taken(target=", ".join(names * 100))["holder"], at(0))
    kept = holder["target"].split(", ")
    assert len(holder["target"]) <= 20000
    assert kept == (names * 100)[: len(kept)]


# --- what is read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [record.empty(), taken()])
def test_what_was_written_is_read(document: dict[str, Any]) -> None:
    assert record.checked(document) == document


def without(key: str) -> dict[str, Any]:
    document = taken()
    return {**document, "holder": {k: v for k, v in document["holder"].items() if k != key}}


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "text",
        {},
        {"format": 1, "operations": []},
        {"format": 1, "holder": None},
        {"format": 1, "holder": None, "operations": [1]},
        {"format": 1, "holder": {}, "operations": []},
        {"format": 1, "holder": "A", "operations": []},
        *(without(key) for key in ("run_id", "owner", "since", "written", "lease")),
        {**taken(), "holder": {**taken()["holder"], "lease": "soon"}},
        {**taken(), "holder": {**taken()["holder"], "written": {"wall": None}}},
    ],
)
def test_what_is_damaged_is_nobodys_leave_to_go_on(document: Any) -> None:
    with pytest.raises(StemeDBError, match="is damaged") as caught:
        record.checked(document)
    assert caught.value.code == "config"


def test_what_a_newer_version_wrote_is_left_to_it() -> None:
    with pytest.raises(StemeDBError, match="newer version"):
        record.checked({"format": 2, "holder": None, "operations": []})


# --- whose lock it is -----------------------------------------------------------------------------


def test_a_file_without_a_name_gets_that_of_the_first_who_says_it() -> None:
    """What was done before has none: nobody knows to which cluster it was done."""
    document = taken()
    document = dict(record.release(document, ask("A", outcome="failed"), at(1)).document)
    assert "cluster" not in document
    document = dict(record.acquire(document, ask("B", cluster="prod"), at(2)).document)
    assert document["cluster"] == document["holder"]["cluster"] == "prod"
    document = dict(record.release(document, ask("B", outcome="failed"), at(3)).document)
    assert [one["cluster"] for one in document["operations"]] == [None, "prod"]
    assert document["cluster"] == "prod"
