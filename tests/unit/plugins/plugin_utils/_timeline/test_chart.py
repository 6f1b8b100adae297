"""The drawing of an operation."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.chart import (
    MOST_LANES,
    MOST_ROWS,
    chart,
    shown_lanes,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.drawing import (
    LEFT,
    MOST_NOTE,
    PLOT,
    names,
)

from tests.support.timelines import made


def drawn(document: dict[str, Any]) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(chart(document, names(document))).iter())


def styled(document: dict[str, Any], style: str) -> list[ElementTree.Element]:
    return [found for found in drawn(document) if style in found.get("class", "").split()]


def titles(found: list[ElementTree.Element]) -> list[str]:
    return [child.text or "" for each in found for child in each if child.tag == "title"]


def test_each_state_of_each_node_has_a_bar() -> None:
    document = made("small")
    assert len(styled(document, "suspect")) == 1
    assert titles(styled(document, "dead"))[0].startswith("Dead from 25 s")
    # From before the stop, then from the stop on, broken where nobody answered.
    assert len(styled(document, "alive")) == 2 * 3 + 2


def test_a_worse_state_is_taller() -> None:
    document = made("small")
    heights = [
        float(styled(document, style)[0].get("height", "0"))
        for style in ("alive", "suspect", "dead")
    ]
    assert heights == sorted(set(heights))


def test_where_nobody_looked_nothing_is_drawn() -> None:
    document = made("small")
    document["observed"] = []
    assert styled(document, "alive") == []
    assert styled(document, "led") == []


def test_what_a_wait_waited_for_is_in_its_bar() -> None:
    words = [found.text for found in styled(made("failed"), "why")]
    assert any(text and text.startswith("db-002 is Suspect") for text in words)


def test_each_sample_of_a_wait_has_a_mark() -> None:
    document = made("small")
    marks = [styled(document, style) for style in ("met", "unmet", "silent")]
    assert sum(map(len, marks)) >= len(document["samples"])
    assert len(marks[2]) == 1


def test_the_minimum_of_the_guard_is_drawn_if_there_is_one() -> None:
    document = made("small")
    assert len(styled(document, "needed")) == 1
    document["required_good_replicas"] = None
    assert styled(document, "needed") == []


def test_a_huge_replication_factor_costs_nothing() -> None:
    document = {**made("small"), "replication_factor": 2**64 - 1, "required_good_replicas": 2**63}
    ticks = [t for t in styled(document, "tick") if t.get("text-anchor") == "end"]
    assert [t.text for t in ticks[:2]] == ["0", str(2**64 - 1)]
    assert len(ticks) == 4, "and two of the bytes"


def test_bytes_of_any_number_stay_beside_the_plot() -> None:
    document = made("small")
    for sample in document["samples"]:
        sample["bytes_goal"] = 10**5 * 2**64
        sample["bytes_have"] = 10**5 * 2**64 - 1
    for found in drawn(document):
        if found.get("class") == "note" and float(found.get("x", "0")) > LEFT + PLOT:
            assert len(found.text or "") <= MOST_NOTE, found.text


def test_of_many_nodes_those_with_a_change_are_drawn() -> None:
    document = made("medium")
    shown = [node["name"] for node in shown_lanes(document)]
    assert shown == ["db-002", "db-003", "db-004", "db-005"]
    for node in document["nodes"]:
        node["leaders"].append([90.0, 7])
    assert len(shown_lanes(document)) == MOST_LANES
    assert "db-002" in {node["name"] for node in shown_lanes(document)}


def test_where_a_node_was_not_followed_it_has_no_bar() -> None:
    document = made("small")
    before = len(styled(document, "alive"))
    document["nodes"][0]["states"].append([document["observed"][-1][1] - 1, "not followed"])
    assert (len(styled(document, "alive")), styled(document, "other")) == (before, [])


def test_while_a_node_was_not_followed_nobody_knows_what_it_leads() -> None:
    document = made("small")
    (since, until) = document["observed"][-1]
    before = styled(document, "led")
    for node in document["nodes"]:
        node["leaders"] = [[0.0, 3], [(since + until) / 2, None]]
    assert 0 < len(styled(document, "led")) <= len(before)
    notes = [found.text for found in styled(document, "note")]
    assert notes.count("leads 3") == len(document["nodes"])


def test_nodes_that_only_were_not_followed_are_not_drawn() -> None:
    document = made("medium")
    shown = shown_lanes(document)
    for node in document["nodes"]:
        if node not in shown:
            node["states"].append([9.0, "not followed"])
            node["leaders"] += [[9.0, None], [12.0, node["leaders"][-1][1]]]
    assert shown_lanes(document) == shown
    words = " ".join(found.text or "" for found in drawn(document))
    assert "no change of state or of leaders while they were followed" in words


def test_of_many_steps_the_most_telling_are_drawn() -> None:
    document = made("small")
    step = {**document["steps"][0], "seconds": 0.1}
    document["steps"] = [*document["steps"], *(dict(step) for _n in range(200))]
    assert len(styled(document, "step")) == MOST_ROWS


def test_nothing_lies_outside_of_the_drawing() -> None:
    for name in ("small", "medium", "failed"):
        root = ElementTree.fromstring(chart(made(name), names(made(name))))
        wide = float(root.get("width", "0"))
        for found in root.iter():
            if found.tag == "rect":
                left, width = float(found.get("x", "0")), float(found.get("width", "0"))
                assert left >= 0
                assert left + width <= wide
