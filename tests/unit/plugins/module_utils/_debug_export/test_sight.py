"""Which gateway sees which node in which state."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    SUSPECT,
    Node,
    Observer,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._debug_export.sight import (
    MAX_NODES,
    Lost,
    sight,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    THIRD_URL,
    URL,
    A,
    B,
    C,
    nodes,
    view,
    without_nodes,
)

OWN = {URL: A, OTHER_URL: B, THIRD_URL: C}


def seen(*views: View) -> Snapshot:
    observers = (Observer(one.url, OWN[one.url], reachable=True) for one in views)
    return Snapshot(views, tuple(observers))


def test_where_all_see_all_alive_there_are_no_columns_and_one_side() -> None:
    found = sight(seen(view(), view(url=OTHER_URL)))
    assert (found["nodes"], found["more"], found["sides"]) == ([], 0, [[A, B]])
    assert [(row["url"], row["node_id"], row["alive"]) for row in found["gateways"]] == [
        (URL, A, 3),
        (OTHER_URL, B, 3),
    ]


def test_a_partition_has_two_sides() -> None:
    ours = view(nodes(A, B, C, c=DEAD))
    other = view(nodes(A, B, C, c=DEAD), url=OTHER_URL)
    lost = Lost("http://c", C, (Node(A, None, DEAD), Node(C, None, ALIVE)), 40, 7.5)
    found = sight(seen(ours, other), [lost])
    assert found["sides"] == [[A, B], [C]]
    # Whose gateway was asked comes first, and C lists no B.
    assert found["nodes"] == [A, B, C]
    assert [row["states"] for row in found["gateways"]] == [
        [ALIVE, ALIVE, DEAD],
        [ALIVE, ALIVE, DEAD],
        [DEAD, "unlisted", ALIVE],
    ]
    assert found["gateways"][2] == {
        "url": "http://c",
        "node_id": C,
        "answer_ms": 7.5,
        "meta_version": 40,
        "lost": True,
        "error": None,
        "alive": 1,
        "states": [DEAD, "unlisted", ALIVE],
    }


def test_a_gateway_that_is_seen_by_one_side_only_is_on_no_side_with_the_other() -> None:
    found = sight(seen(view(nodes(A, B, b=DEAD)), view(nodes(A, B), url=OTHER_URL)))
    assert found["sides"] == [[A], [B]]


def test_a_suspect_node_is_doubted_and_not_cut_off() -> None:
    found = sight(seen(view(nodes(A, B, b=SUSPECT)), view(nodes(A, B), url=OTHER_URL)))
    assert found["sides"] == [[A, B]]
    assert found["nodes"] == [B]


def test_three_in_a_row_are_one_side() -> None:
    """A and C do not see each other, but B sees both."""
    first = view(nodes(A, B, C, c=DEAD))
    last = view(nodes(A, B, C, a=DEAD), url=THIRD_URL)
    assert sight(seen(first, view(url=OTHER_URL), last))["sides"] == [[A, B, C]]


def test_a_lost_gateway_that_does_not_answer_says_why() -> None:
    found = sight(seen(view(nodes(A, B, b=DEAD))), [Lost("http://b", B, error="Nothing listens")])
    assert found["sides"] == [[A]]
    assert found["gateways"][1]["states"] is None
    assert found["gateways"][1]["error"] == "Nothing listens"


def test_a_view_without_a_node_list_sees_nothing() -> None:
    assert sight(seen(without_nodes(view())))["gateways"] == []


def test_the_matrix_is_bounded() -> None:
    many = tuple(Node(f"{place:08d}", None, DEAD) for place in range(500))
    found = sight(seen(view((*nodes(A), *many))))
    assert len(found["nodes"]) == MAX_NODES
    assert found["more"] == 500 - MAX_NODES
