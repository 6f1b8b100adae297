"""What the options of a plan mean, and which of them are refused."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import (
    Host,
    host,
    hosts,
    maintenance,
    prune,
)
from ansible_collections.stemedb.cluster.tests.unit.support.planning import db, facts

# --- hosts ---------------------------------------------------------------------------------------


def test_a_host_is_reached_at_its_name_unless_more_is_said() -> None:
    assert host({"host": "db-1"}) == Host("db-1", "db-1")
    row = {"host": "db-1", "address": "10.0.0.1", "node_id": " ", "zone": 3}
    assert host(row) == Host("db-1", "10.0.0.1", None, "3")
    assert host(row).names == {"db-1", "10.0.0.1"}


@pytest.mark.parametrize("row", [{}, {"host": ""}, {"host": None, "address": "10.0.0.1"}])
def test_a_host_without_a_name_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(StemeDBError, match="has no name"):
        host(row)


def test_a_host_that_is_there_twice_is_refused() -> None:
    rows = [{"host": "db-1"}, {"host": "db-2"}, {"host": "db-1", "address": "10.0.0.9"}]
    with pytest.raises(StemeDBError, match="declared names db-1 twice"):
        hosts(rows, "declared")
    assert [one.host for one in hosts(rows[1:], "declared")] == ["db-2", "db-1"]


def test_what_is_declared_goes_before_what_is_only_known() -> None:
    known = facts(declared=[db(1)], spares=(db(1, "old"), db(6)), others=(db(6, "old"), db(7)))
    assert known.hosts == {"db-1": db(1), "db-6": db(6), "db-7": db(7)}


# --- prune ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["true", "True", "yes", "all", "*", "1", "on"])
def test_prune_never_means_all(word: str) -> None:
    with pytest.raises(StemeDBError, match="would remove whatever nobody declares"):
        prune(["db-1", word])


def test_prune_is_a_list_of_names() -> None:
    assert prune([" db-1 ", "", "false", "db-2"]) == ("db-1", "db-2")


# --- maintenance ---------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [True, "true", "True", "yes", "on", "1", 1])
def test_maintenance_until_somebody_unsets_it(value: object) -> None:
    assert maintenance(value) is True


@pytest.mark.parametrize("value", [None, False, "", " ", "false", "no", "off", 0, "None"])
def test_no_maintenance(value: object) -> None:
    assert maintenance(value) is False


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-23T06:00:00Z",
        "2026-11-23t06:00:00z".upper(),
        "2026-11-23 06:00:00+00:00",
        "2026-11-23T08:00:00+02:00",
        " 2026-11-23T01:00-05:00 ",
    ],
)
def test_maintenance_until_a_time(value: str) -> None:
    assert maintenance(value) == 1795413600.0


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("2026-11-23T06:00:00", "does not say its zone"),
        ("2026-11-23", "does not say its zone"),
        ("tomorrow", "is no time"),
        ("1795413600", "is no time"),
        ("x" * 500, "is no time"),
    ],
)
def test_another_text_is_refused(value: str, why: str) -> None:
    with pytest.raises(StemeDBError, match=why) as refused:
        maintenance(value)
    assert refused.value.code == "config"
    assert len(refused.value.message) < 250
