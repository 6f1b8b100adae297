"""A document is cut until it is as long as it may be, and says where."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._debug_export.bounds import (
    bounded,
    length,
)

LIMIT = 20_000


def test_a_document_that_is_short_enough_stays_as_it_is() -> None:
    document = {"a": ["x"] * 10, "b": {"c": None}}
    assert bounded(document, LIMIT) == {**document, "cut": []}


def test_a_long_list_keeps_its_beginning_and_the_cut_is_told() -> None:
    document = {"views": [{"url": "a", "shards": [{"shard_id": n} for n in range(5000)]}]}
    found = bounded(document, LIMIT)
    assert length(found) <= LIMIT
    kept = found["views"][0]["shards"]
    assert kept == document["views"][0]["shards"][: len(kept)]
    assert len(kept) >= 100, "no more is cut than needs be"
    assert found["cut"] == [{"place": "views/0/shards", "kept": len(kept), "of": 5000}]


def test_what_was_cut_before_stays_told() -> None:
    once = bounded({"a": list(range(10_000))}, LIMIT)
    assert once["cut"]
    again = bounded({**once, "b": ["x" * 50_000]}, LIMIT)
    assert length(again) <= LIMIT
    assert again["cut"][0] == once["cut"][0]
    assert again["cut"][-1]["place"] == "b/0"


def test_a_long_text_is_cut() -> None:
    found = bounded({"log": {"lines": ["x" * 100_000, "short"]}}, LIMIT)
    assert length(found) <= LIMIT
    assert found["log"]["lines"][1] == "short"
    (cut,) = found["cut"]
    assert (cut["place"], cut["of"]) == ("log/lines/0", 100_000)


def deep(levels: int) -> Any:
    return {"more": deep(levels - 1)} if levels else ["end"]


@pytest.mark.parametrize(
    "document",
    [
        {"a": {str(n): "x" * 100 for n in range(1000)}},
        {"a": deep(200), "b": ["x" * 200] * 1000},
        {"a": [["é" * 1000] * 50] * 50},
        {"a": [[[[list(range(100))] * 20] * 6] * 6]},
    ],
)
def test_whatever_is_long_comes_to_an_end(document: dict[str, Any]) -> None:
    found = bounded(document, LIMIT)
    assert length(found) <= LIMIT
    assert found["cut"]
    assert len(found["cut"]) <= 100
    assert set(found) == {*document, "cut"}


def test_the_length_is_that_of_the_file() -> None:
    document = {"a": ["é", 1, None], "b": {}}
    assert length(document) == len((json.dumps(document, indent=1) + "\n").encode())
