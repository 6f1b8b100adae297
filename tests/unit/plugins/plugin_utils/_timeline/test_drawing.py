"""What all drawings share."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.drawing import (
    LEFT,
    PLOT,
    Axis,
    clock,
    label,
    names,
    shortened,
    table,
    text,
    took,
)


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0:00"), (7.4, "0:07"), (750, "12:30"), (3725, "1:02:05")]
)
def test_a_time(seconds: float, told: str) -> None:
    assert clock(seconds) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.44, "0.4 s"), (12, "12 s"), (185, "3 min 05 s"), (59.7, "1 min 00 s")]
)
def test_a_length(seconds: float, told: str) -> None:
    assert took(seconds) == told


@pytest.mark.parametrize("seconds", [0.5, 1, 7, 94, 600, 86400, 10**6])
def test_an_axis_of_any_length_has_a_few_labels(seconds: float) -> None:
    axis = Axis(seconds)
    assert 1 <= len(axis.ticks()) <= 10
    assert (axis.x(0), axis.x(seconds)) == (LEFT, LEFT + PLOT)
    assert axis.x(2 * seconds) == LEFT + PLOT
    assert axis.x(-1) == LEFT


def test_a_text_is_shown_literally() -> None:
    assert text('<b>&"\x07') == "&lt;b&gt;&amp;&quot;\ufffd"


def test_a_long_name_is_cut_and_whole_in_its_title() -> None:
    assert shortened("a" * 30) == "a" * 30
    assert shortened("a" * 31) == "a" * 29 + "…"
    assert "<title>" not in label(0, "short")
    assert f"<title>{'a' * 40}</title>" in label(0, "a" * 40)


def test_a_table() -> None:
    found = table("Nodes", ["Node", "Shards"], [["a", "3"]], (1,))
    assert "<caption>Nodes</caption>" in found
    assert '<th scope="row">a</th><td class="n">3</td>' in found
    assert '<th scope="col" class="n">Shards</th>' in found


def test_a_node_is_called_by_its_name_or_the_beginning_of_its_id() -> None:
    ids = ["aaaaaaaa-1111", "aaaaaaaa-2222", "cccccccc-3333"]
    nodes = [{"node_id": ids[2], "name": "db-03"}, {"node_id": ids[0], "name": None}]
    maps = {"before": None, "after": {"rows": [{"node_id": ids[1]}]}}
    found = names({"nodes": nodes, "heat_maps": maps})
    assert found[ids[2]] == "db-03"
    assert found[ids[0]] != found[ids[1]]
