"""The drawing of a heat map."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from ansible_collections.stemedb.cluster.plugins.module_utils._present.heat_map import drawn
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.heat import (
    drawing,
    largest_count,
    legend,
)


def cluster(nodes: int, shards: int, **states: str) -> dict[str, Any]:
    names = [f"n{n:03}" for n in range(nodes)]
    placed = [
        (n, [names[(n + k) % nodes] for k in range(min(3, nodes))], names[n % nodes])
        for n in range(shards)
    ]
    return drawn({**dict.fromkeys(names, "Alive"), **states}, placed)


def parts(heat_map: dict[str, Any], tag: str, style: str = "") -> list[ElementTree.Element]:
    most = largest_count([heat_map])
    root = ElementTree.fromstring(drawing(heat_map, {}, "before", most))
    return [found for found in root.iter(tag) if style in [*found.get("class", "").split(), ""]]


def test_a_leader_of_a_single_shard_is_marked() -> None:
    assert len(parts(cluster(4, 24), "circle")) == 24
    assert parts(cluster(4, 2400), "circle") == []


def test_long_ids_of_shards_do_not_lie_upon_each_other() -> None:
    names = ["a", "b", "c"]
    wide = drawn(dict.fromkeys(names, "Alive"), [(2**64 - n, names, "a") for n in range(1, 200)])
    places = [float(found.get("x", "0")) for found in parts(wide, "text", "tick")]
    assert len(places) > 1
    assert min(b - a for a, b in zip(places, places[1:])) > 20 * 6


def test_neighbors_of_one_shade_are_one_piece() -> None:
    (path,) = parts(cluster(3, 24), "path")
    assert path.get("d", "").count("M") == 3


def test_a_large_cluster_has_one_path_for_each_shade() -> None:
    assert len(parts(cluster(300, 20000), "path")) <= 5


def test_every_node_has_a_bar_for_its_total() -> None:
    assert len(parts(cluster(300, 2000), "rect", "total")) == 300


def test_of_low_rows_a_node_that_is_not_alive_has_its_name() -> None:
    heat_map = cluster(300, 2000, n007="Dead", n008="Suspect")
    words = [found.text for found in parts(heat_map, "text")]
    assert "n007 (Dead)" in words
    assert "n000" in words
    assert len([text for text in words if text and text.startswith("n")]) < 200
    small = [found.text for found in parts(cluster(12, 24), "text")]
    assert len([text for text in small if text and text.startswith("n")]) == 12


def test_shades_are_those_of_the_darkest_map() -> None:
    one, two = cluster(3, 6), cluster(3, 6)
    two["rows"][0]["replicas"] = "5 0 0 0 0 0"
    assert largest_count([one, None, two]) == 5
    assert 'class="cells stroke1"' in drawing(one, {}, "before", 5)
    assert 'class="cells stroke5"' in drawing(one, {}, "before", 1)


def test_the_legend_has_the_counts_that_there_are() -> None:
    text = legend(cluster(3, 24), 1)
    assert "one shard" in text
    assert text.count("<li>") == 2, "one shade, and the leader"
    many = legend(cluster(3, 2400), 12)
    assert "up to 12 shards" in many
    assert many.count("<li>") == 5


def test_no_shards_and_no_nodes() -> None:
    ElementTree.fromstring(drawing(cluster(3, 0), {}, "before", 0))
    ElementTree.fromstring(drawing(drawn({}, []), {}, "before", 0))
