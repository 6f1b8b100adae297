"""The page: well-formed, self-contained, the same in words, and nothing in it is believed."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any, Optional
from xml.etree import ElementTree

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.page import (
    heat_page,
    page,
)

from tests.support.timelines import made, outage, schema_errors

VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Fails where tags are not closed in order; keeps what it reads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, Optional[str]]]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Optional[str]]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, Optional[str]]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def of(self, tag: str) -> list[dict[str, Optional[str]]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("name", ["small", "failed"])
def test_it_is_well_formed_and_needs_nothing(name: str) -> None:
    text = page(made(name))
    read = Reader(text)
    names = {tag for tag, _attributes in read.tags}
    assert names.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "use", "a"})
    assert not re.search(r"url\(|@import|\b(src|href|on\w+)=", text)
    assert "default-src 'none'" in text
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(svg)


def test_who_does_not_see_it_can_read_it() -> None:
    read = Reader(page(made("small")))
    ids = [attributes["id"] for _tag, attributes in read.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for attributes in (attributes for _tag, attributes in read.tags):
        for kind in ("aria-labelledby", "aria-describedby"):
            assert attributes.get(kind) in [None, *ids]
    drawings = [svg for svg in read.of("svg") if svg.get("role") == "img"]
    assert len(drawings) == 3
    hidden = [svg for svg in read.of("svg") if svg.get("aria-hidden") == "true"]
    assert len(drawings) + len(hidden) == len(read.of("svg"))
    assert {attributes["scope"] for attributes in read.of("th")} == {"col", "row"}
    assert len(read.of("table")) == len(read.of("caption")) == 3
    assert [len(read.of(tag)) for tag in ("h1", "main", "html")] == [1, 1, 1]
    # What scrolls can be reached by keyboard, and has a name.
    for box in read.of("div"):
        if box.get("class") == "scroll":
            assert (box["tabindex"], box["role"]) == ("0", "region")
            assert box["aria-label"]


def test_the_tables_have_what_is_drawn() -> None:
    text = " ".join(Reader(page(made("failed"))).words)
    for words in (
        "✗ remove_node of db-002 failed",
        "Every replica complete",
        "db-002 is Suspect at http://198.51.100.1:18181",
        "Alive, Suspect at 0:17, Dead at 0:25",
        "12 → 0",
        "guard's minimum",
        "Heat map before",
        "Heat map after",
    ):
        assert words in text
    assert "Timed out" in text


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("succeeded", "✓ remove_node of db-002 succeeded"),
        ("aborted", "✗ remove_node of db-002 was aborted"),
        ("running", "… remove_node of db-002 had not ended when this was written"),
    ],
)
def test_how_it_ended(outcome: str, words: str) -> None:
    assert words in page({**made("small"), "outcome": outcome})


def test_a_large_cluster_stays_small() -> None:
    document = made("medium")
    text = page(document)
    assert len(text) < 200_000
    assert "46 more nodes" in text
    assert len(re.findall(r'<path class="cells', text)) <= 10


def said(document: dict[str, Any]) -> str:
    assert schema_errors(document) == []
    return " ".join(Reader(page(document)).words)


def test_nodes_that_changed_and_are_not_drawn_are_told_of() -> None:
    words = said(outage(200, 100))
    assert "60 more nodes changed too: see the table below" in words
    assert "100 more nodes no change of state or of leaders" in words
    assert "160" not in words
    assert "not followed" not in words


def test_nodes_that_are_not_followed_are_not_called_alive() -> None:
    document = outage(1000, 500)
    assert document["unfollowed"] == 450
    words = said(document)
    # In the drawing, and below the table.
    assert words.count("Alive in every sample") == 0
    assert (
        "700 nodes not followed: room is for 300, up to 450 others were not Alive in one" in words
    )
    assert (
        "700 nodes not followed: there is room for 300, and their states are unknown here. "
        "Up to 450 of them were not Alive in one sample."
    ) in words


def test_nodes_that_are_not_followed_and_were_alive() -> None:
    words = said(outage(1000, 20))
    assert "changed too" not in words
    assert "250 more nodes no change of state or of leaders" in words
    assert "730 nodes not followed: Alive in every sample" in words


def test_a_node_that_is_gone_is_not_counted_as_one_of_the_others() -> None:
    document = outage(20, 2)
    document["nodes"][3]["states"].append([6.0, "not listed"])
    document["node_count"] = 19
    words = said(document)
    assert "17 more nodes no change of state or of leaders" in words
    assert "not followed" not in words


def hostile(value: Any) -> Any:
    """The same with every text hostile, but for the words that the schema lists."""
    if isinstance(value, dict):
        kept = {"outcome", "kind", "began", "replicas", "leaders", "format"}
        return {k: v if k in kept else hostile(v) for k, v in value.items()}
    if isinstance(value, list):
        return [hostile(item) for item in value]
    return f"<script>\"&'\x00\u202e{value}" if isinstance(value, str) else value


def test_nothing_that_a_node_says_is_believed() -> None:
    document = hostile(made("failed"))
    for node in document["nodes"]:
        node["leaders"] = [[0, 3]]
    text = page(document)
    read = Reader(text)
    assert read.of("script") == []
    assert "\x00" not in text
    assert "\u202e" not in text
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(svg)


def test_what_is_missing_is_said() -> None:
    bare = {**made("small"), "nodes": [], "samples": [], "steps": [], "observed": []}
    bare["heat_maps"] = {"before": None, "after": None}
    text = page({**bare, "seconds": 0.0, "required_good_replicas": None})
    Reader(text)
    assert "No wait read the nodes." in text
    assert "No sample was taken." in text
    assert "no guard ran" in text


def test_a_heat_map_alone() -> None:
    heat_map = made("small")["heat_maps"]["after"]
    ids = [row["node_id"] for row in heat_map["rows"]]
    text = heat_page(heat_map, {ids[0]: "db-<1>"}, "prod", ["Cluster is healthy"])
    read = Reader(text)
    words = " ".join(read.words)
    assert "Replicas of cluster prod" in words
    assert "Cluster is healthy" in words
    assert "db-<1>" in words
    assert ids[1][:8] in words
    assert len(read.of("tr")) == 4


def test_nodes_are_in_the_order_of_their_names() -> None:
    document = made("small")
    for node, name in zip(document["nodes"], ("db-c", "db-a", "db-b")):
        node["name"] = name
    words = Reader(page(document)).words
    shown = [word for word in words if word in ("db-a", "db-b", "db-c")]
    # In the drawing, in the table, and in the map of before.
    assert shown[:9] == ["db-a", "db-b", "db-c"] * 3
