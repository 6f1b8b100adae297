"""Which paths are asked for, in which order, and which answer is used."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.asking import (
    EMPTY,
    NOTHING,
    OTHER,
    Answers,
    Reply,
    ask_all,
)

STATUS = {"node_count": 1, "nodes": [{"id": "a", "state": "Alive"}]}
RANGES = [{"id": 4, "size": 1}, {"id": 9, "size": 5}, {"id": 2, "size": 5}]
USUAL: dict[str, Any] = {
    "/v1/health": {"status": "healthy"},
    "/v1/cluster/status": STATUS,
    "/v1/admin/ranges": RANGES,
    "/v1/shards/2": {"id": 2},
}


def asking(
    bodies: dict[str, Any], endpoints: dict[str, str] | None = None
) -> tuple[Answers, list[str]]:
    """The answers, and the paths in the order in which they were asked for."""
    paths: list[str] = []

    def ask(path: str) -> Reply:
        paths.append(path)
        found = bodies.get(path, Reply(404, NOTHING))
        return found if isinstance(found, Reply) else Reply(200, body=found)

    return ask_all(ask, endpoints or {}), paths


def used(answers: Answers) -> dict[str, str]:
    return {call: one.path for call, one in answers.used.items()}


def test_the_paths_of_the_contract_are_asked_for_aliases_included() -> None:
    answers, paths = asking(USUAL)
    assert paths == [
        "/v1/health",
        "/v1/cluster/status",
        "/v1/admin/cluster",
        "/v1/nodes",
        "/v1/admin/nodes",
        "/v1/admin/ranges",
        "/v1/shards/2",
        "/v1/shards/shard_2",
        "/v1/shards/1009",
        "/metrics",
    ]
    assert used(answers) == {
        "health": "/v1/health",
        "status": "/v1/cluster/status",
        "ranges": "/v1/admin/ranges",
        "shard": "/v1/shards/2",
    }
    assert answers.nodes_in_status
    assert answers.strange == 404


def test_paths_are_guessed_only_for_what_is_not_understood() -> None:
    bodies = {**USUAL, "/v1/ranges": RANGES, "/v1/admin/ranges": Reply(200, OTHER)}
    answers, paths = asking(bodies)
    assert used(answers)["ranges"] == "/v1/ranges"
    assert "/v1/shards" not in paths
    assert "/health" not in paths


@pytest.mark.parametrize(
    ("path", "body", "call"),
    [
        ("/v1/status", {"status": "healthy"}, "status"),
        ("/v1/status", {"cluster_name": "x"}, "status"),
        ("/v1/shards", [], "ranges"),
        ("/v1/members", {"nodes": []}, "nodes"),
    ],
)
def test_a_guess_that_says_too_little_is_none(path: str, body: Any, call: str) -> None:
    answers, _paths = asking({path: body})
    assert call not in answers.used
    (one,) = [one for one in answers.asked if one.path == path]
    assert "too little" in (one.problem or "")


def test_a_path_that_was_named_comes_first_and_each_is_asked_once() -> None:
    endpoints = {"status": "/mine", "nodes": "/v1/cluster/status", "drain": "/drain/{node}"}
    answers, paths = asking({**USUAL, "/mine": {"meta_version": 4}}, endpoints)
    assert used(answers)["status"] == "/mine"
    assert used(answers)["nodes"] == "/v1/cluster/status"
    assert len(paths) == len(set(paths))
    assert not any("drain" in path or "sync" in path for path in paths)
    assert [node.node_id for node in answers.nodes or ()] == ["a"]


def test_nodes_come_from_their_own_path_where_the_status_has_none() -> None:
    bodies = {**USUAL, "/v1/cluster/status": {"node_count": 1}, "/v1/admin/nodes": [{"id": "b"}]}
    answers, _paths = asking(bodies)
    assert not answers.nodes_in_status
    assert [node.node_id for node in answers.nodes or ()] == ["b"]


def test_a_named_path_for_nodes_is_used_though_the_status_has_them() -> None:
    answers, _paths = asking({**USUAL, "/mine": [{"id": "b"}]}, {"nodes": "/mine"})
    assert [node.node_id for node in answers.nodes or ()] == ["b"]


def test_the_shard_is_asked_for_in_both_spellings_and_the_strange_one_in_the_right_one() -> None:
    bodies = {**USUAL, "/v1/shards/shard_2": {"id": "shard_2"}}
    del bodies["/v1/shards/2"]
    answers, paths = asking(bodies)
    assert used(answers)["shard"] == "/v1/shards/shard_2"
    assert "/v1/shards/shard_1009" in paths


def test_of_a_cluster_without_shards_none_is_asked_for() -> None:
    answers, paths = asking({**USUAL, "/v1/admin/ranges": []})
    assert answers.sample is None
    assert answers.strange is None
    assert not any("shards/" in path for path in paths)


def test_where_it_is_not_known_which_shards_there_are_the_first_is_tried() -> None:
    answers, _paths = asking({"/v1/shards/0": {"id": 0}})
    assert used(answers) == {"shard": "/v1/shards/0"}


@pytest.mark.parametrize(
    ("reply", "word", "understood"),
    [
        (Reply(200, body={"status": "ok"}), "ok", True),
        (Reply(503, body={"status": "down"}), "down", True),
        (Reply(200, EMPTY), None, True),
        (Reply(503, EMPTY), None, True),
        (Reply(200, OTHER), None, False),
        (Reply(500, body={"status": "ok"}), None, False),
        (Reply(200, body=[]), None, False),
        (Reply(None, NOTHING, problem="no answer"), None, False),
    ],
)
def test_what_counts_as_a_health_answer(reply: Reply, word: str, understood: bool) -> None:
    answers, _paths = asking({"/v1/health": reply})
    assert ("health" in answers.used) is understood
    if understood:
        assert answers.used["health"].decoded.word == word
        assert answers.used["health"].decoded.http_status == reply.status
    else:
        assert answers.asked[0].problem or reply.status == 500
