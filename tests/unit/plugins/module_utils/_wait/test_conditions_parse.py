"""What may be waited for, and what is refused before anything is waited for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import parse_shard_id
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.conditions import (
    parse_conditions,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import A

FLAGS = ("healthy", "leaders_elected", "fully_replicated", "shards_settled", "views_agree")
OF_NODES = ("node_alive", "node_dead", "node_has_shards", "node_replicated")


def parsed(name: Any, argument: Any) -> Any:
    ((found, value),) = parse_conditions([{name: argument}], parse_shard_id)
    assert found == name
    return value


def refused(given: Any, option: str = "conditions") -> str:
    with pytest.raises(StemeDBError) as error:
        parse_conditions(given, parse_shard_id, option)
    assert error.value.code == "config"
    return error.value.message


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("argument", [True, "true", "True", "yes"])
def test_a_flag_is_true(name: str, argument: Any) -> None:
    assert parsed(name, argument) is True


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("argument", [False, None, "false", "no", "", 0, 1, {}, A, "on top"])
def test_a_flag_that_is_not_true_is_refused(name: str, argument: Any) -> None:
    """`healthy: false` would read as "wait until unhealthy", or pass at once."""
    message = refused([{name: argument}])
    assert name in message
    assert "leave it out" in message
    assert repr(argument) in message


@pytest.mark.parametrize("name", ["node_alive", "node_dead", "node_replicated"])
def test_a_node_is_a_name(name: str) -> None:
    assert parsed(name, f" {A} ") == A


@pytest.mark.parametrize("name", OF_NODES)
@pytest.mark.parametrize("argument", [False, True, None, "", "  ", 12345678, [], [A], 1.5])
def test_a_node_that_is_no_name_is_refused(name: str, argument: Any) -> None:
    message = refused([{name: argument}])
    assert name in message
    assert "a node" in message


def test_a_node_has_at_least_one_shard() -> None:
    assert parsed("node_has_shards", A) == (A, 1)
    assert parsed("node_has_shards", {"node": A}) == (A, 1)
    assert parsed("node_has_shards", {"node": A, "at_least": 4}) == (A, 4)
    assert parsed("node_has_shards", {"node": A, "at_least": "12"}) == (A, 12)


@pytest.mark.parametrize("least", [0, -1, "0", "", None, True, 1.0, "many", "²", "9" * 5000])
def test_a_number_of_shards_that_means_nothing_is_refused(least: Any) -> None:
    assert "at_least of 1 or more" in refused([{"node_has_shards": {"node": A, "at_least": least}}])


@pytest.mark.parametrize(
    "argument", [{}, {"at_least": 2}, {"node": ""}, {"node": A, "atleast": 2}, {"nodes": [A]}]
)
def test_a_half_named_number_of_shards_is_refused(argument: Any) -> None:
    assert "node_has_shards" in refused([{"node_has_shards": argument}])


def test_shards_are_named_in_any_spelling_and_once() -> None:
    assert parsed("leaders_elected", [12, "3", "shard_7", "shard_3"]) == (3, 7, 12)
    assert parsed("leaders_elected", (0,)) == (0,)


def test_a_list_of_no_shards_is_refused() -> None:
    """None of no shards is leaderless: that would pass at once."""
    assert "not empty" in refused([{"leaders_elected": []}])


@pytest.mark.parametrize("shard", ["shard_", "x", None, True, -1, 1.5, {}, [3]])
def test_what_is_no_shard_is_refused(shard: Any) -> None:
    message = refused([{"leaders_elected": [3, shard]}])
    assert "leaders_elected" in message
    assert "is no shard id" in message


@pytest.mark.parametrize("name", ["node_replicated", "fully_replicated"])
def test_only_leaders_take_a_list(name: str) -> None:
    assert name in refused([{name: [3]}])


@pytest.mark.parametrize("given", [[], (), None, "", {}, "healthy", {"healthy": True}, 0, False])
def test_nothing_to_wait_for_is_refused(given: Any) -> None:
    message = refused(given)
    assert "conditions must be a list that is not empty" in message
    for name in (*FLAGS, *OF_NODES):
        assert name in message


@pytest.mark.parametrize("name", ["helthy", "Healthy", "healthy ", "", True, None, 3])
def test_an_unknown_name_is_named_with_those_that_are_known(name: Any) -> None:
    message = refused([{"healthy": True}, {name: True}])
    assert repr(name) in message
    for known in (*FLAGS, *OF_NODES):
        assert known in message


@pytest.mark.parametrize(
    "entry", ["healthy", None, [], {}, {"healthy": True, "views_agree": True}, ["healthy", True]]
)
def test_an_entry_is_one_name_with_its_argument(entry: Any) -> None:
    message = refused([{"healthy": True}, entry])
    assert repr(entry) in message
    assert "- healthy: true" in message


def test_a_refusal_names_the_option() -> None:
    assert refused([], "fail_fast").startswith("fail_fast ")
    assert refused([{"x": 1}], "fail_fast").startswith("fail_fast ")
    assert "entry of fail_fast" in refused(["x"], "fail_fast")


def test_conditions_keep_their_order() -> None:
    given = [{"views_agree": True}, {"node_alive": A}, {"healthy": True}]
    found = parse_conditions(given, parse_shard_id)
    assert [condition.name for condition in found] == ["views_agree", "node_alive", "healthy"]
