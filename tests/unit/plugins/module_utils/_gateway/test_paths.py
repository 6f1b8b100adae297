"""Which path is asked: what a user may name, and that nothing filled in leads elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import parse_shard_id
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.paths import (
    AUTH_HEADER,
    PATHS,
    check_endpoints,
    fill,
    shard_spellings,
)


def test_the_keys_of_endpoints() -> None:
    known = ["health", "status", "nodes", "ranges", "shard", "sync"]
    planned = ["drain", "remove", "elect_leader", "rebalance"]
    assert list(PATHS) == known + planned
    assert [key for key, paths in PATHS.items() if not paths] == planned
    assert AUTH_HEADER == "X-API-Key"


def test_the_paths_known_pass_their_own_check() -> None:
    for key, paths in PATHS.items():
        for path in paths:
            assert check_endpoints({key: path}) == {key: path}


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("drain", "/v1/nodes/{node}/drain"),
        ("elect_leader", "/v1/shards/{shard}/elect?node={node}"),
        ("rebalance", "/v1/rebalance"),
        ("rebalance", "/v1/rebalance?target={node}"),
    ],
)
def test_endpoints(key: str, path: str) -> None:
    assert check_endpoints({key: path}) == {key: path}


@pytest.mark.parametrize(
    ("key", "path", "words"),
    [
        ("statsu", "/x", ("'statsu'", "health, status, nodes, ranges, shard, sync, drain")),
        ("status", "x", ("endpoints.status", "starts with '/'", "/v1/cluster/status")),
        ("status", "", ("endpoints.status", "starts with '/'")),
        ("status", "http://other/x", ("starts with '/'",)),
        ("status", "/a b", ("blanks",)),
        ("status", "/a#b", ("'#'",)),
        ("status", "/a\r\nX-Y: z", ("endpoints.status",)),
        ("status", None, ("endpoints.status",)),
        ("shard", "/v1/shards", ("endpoints.shard", "{shard}")),
        ("drain", "/v1/drain", ("endpoints.drain", "{node}")),
        ("elect_leader", "/v1/{node}", ("{shard}",)),
        ("drain", "/v1/{node}/{shard}", ("'{shard}'", "allowed are {node}")),
        ("status", "/v1/{id}", ("'{id}'", "no placeholders")),
        ("drain", "/v1/{node}/{", ("'{'",)),
        ("drain", "/v1/{node}}", ("'}'",)),
    ],
)
def test_refused_endpoints(key: str, path: Any, words: tuple[str, ...]) -> None:
    with pytest.raises(StemeDBError) as caught:
        check_endpoints({key: path})
    assert caught.value.code == "config"
    assert [word for word in words if word not in caught.value.message] == []


def test_placeholders_are_filled_so_that_they_stay_one_segment() -> None:
    assert fill("/v1/{shard}/x/{node}", shard="shard_1", node="a/b?c#d%e é") == (
        "/v1/shard_1/x/a%2Fb%3Fc%23d%25e%20%C3%A9"
    )


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_what_would_ask_another_path_is_refused(value: str) -> None:
    with pytest.raises(StemeDBError) as caught:
        fill("/v1/nodes/{node}/drain", node=value)
    assert caught.value.code == "config"


def test_every_spelling_means_the_same_shard() -> None:
    assert shard_spellings(12) == ("12", "shard_12")
    assert {parse_shard_id(spelling) for spelling in shard_spellings(12)} == {12}
