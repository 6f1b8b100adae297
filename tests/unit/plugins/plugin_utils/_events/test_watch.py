"""From samples to events, and reminders while anything is amiss."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    DEAD,
    Node,
    Snapshot,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._events.reading import read, silence
from ansible_collections.stemedb.cluster.plugins.plugin_utils._events.watch import (
    EVENTS,
    MOST_LISTED,
    Settings,
    Watch,
)
from ansible_collections.stemedb.cluster.tests.support import hostile_nodes
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    URL,
    A,
    B,
    C,
    D,
    nodes,
    observed,
    shard,
    silent,
    view,
)

SETTINGS = Settings((URL, OTHER_URL), settle=10, remind=300, linger=1000)
EPOCH = 1_790_000_000.0  # 2026-09-21T13:33:20Z
Event = dict[str, Any]


class Clock:
    """A watch whose samples are ten seconds apart, and what it told."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.now = 0.0
        self.watch = Watch(settings, self.now)

    def sample(self, snapshot: Snapshot | str, times: int = 1) -> list[Event]:
        events = []
        for _time in range(times):
            one = silence(SETTINGS.urls, snapshot) if isinstance(snapshot, str) else read(snapshot)
            events += self.watch.observe(one, self.now, EPOCH + self.now)
            self.now += 10
        return events


def both(members: Iterable[Node] | None = None, **given: Any) -> Snapshot:
    """The same said by both gateways."""
    listed = None if members is None else tuple(members)
    return observed(view(listed, **given), view(listed, url=OTHER_URL, **given))


@pytest.fixture
def clock() -> Clock:
    """After a quiet beginning, with the reminder of the start behind it."""
    made = Clock()
    (reminder,) = made.sample(both(), 2)
    assert (reminder["kind"], reminder["amiss"]) == ("reminder", False)
    return made


def words(first: Any, second: Any) -> list[Event]:
    return [{"gateway": URL, "word": first}, {"gateway": OTHER_URL, "word": second}]


def test_a_death_tells_of_the_node_and_of_its_shards(clock: Clock) -> None:
    died = both(nodes(a=DEAD))
    assert clock.sample(died) == []
    state, leaderless, replicas = clock.sample(died)
    assert state == {
        "kind": "node_state_changed",
        "amiss": True,
        "old": "Alive",
        "new": "Dead",
        "since": "2026-09-21T14:13:40Z",
        "node_id": A,
        "address": "10.0.0.1:18182",
        "observers": words("Dead", "Dead"),
    }
    assert leaderless == {
        "kind": "shard_leaderless",
        "amiss": True,
        "old": 0,
        "new": 1,
        "since": "2026-09-21T14:13:40Z",
        "shards": [0],
        "observers": words(1, 1),
    }
    assert (replicas["kind"], replicas["old"], replicas["new"]) == ("shard_under_replicated", 0, 2)
    assert clock.sample(died) == []


def test_all_ends_are_told_and_nothing_twice(clock: Clock) -> None:
    clock.sample(both(nodes(a=DEAD)), 2)
    found = clock.sample(both(), 9)
    assert [(e["kind"], e["amiss"], e["new"]) for e in found] == [
        ("node_state_changed", False, "Alive"),
        ("shard_leaderless", False, 0),
        ("shard_under_replicated", False, 0),
    ]
    assert found[1]["shards"] == []


def test_more_shards_are_told_and_fewer_are_not_until_none_is_left(clock: Clock) -> None:
    def lost(*ids: int) -> Snapshot:
        return both(shards=[shard(n, None if n in ids else A) for n in range(4)])

    assert [e["shards"] for e in clock.sample(lost(0, 1), 2)] == [[0, 1]]
    (more,) = clock.sample(lost(1, 2, 3), 2)
    assert (more["old"], more["new"], more["shards"]) == (2, 3, [1, 2, 3])
    assert clock.sample(lost(3), 2) == []
    assert [(e["old"], e["new"]) for e in clock.sample(lost(), 2)] == [(1, 0)]


def test_an_event_lists_no_more_shards_than_can_be_read(clock: Clock) -> None:
    shards = [shard(number, None) for number in range(1000)]
    (event,) = clock.sample(both(shards=shards), 2)
    assert event["new"] == 1000
    assert event["shards"] == list(range(MOST_LISTED))


def test_a_node_joins_and_one_leaves_with_its_address(clock: Clock) -> None:
    shards = [shard(0, A, [A, B]), shard(1, B, [A, B])]
    members = (*nodes(A, B), Node(D, "10.0.0.4:18182", "Alive"))
    found = clock.sample(both(members, shards=shards, factor=2), 2)
    assert {
        e["kind"]: (e["node_id"], e["address"], e["old"], e["new"], e["amiss"]) for e in found
    } == {
        "node_joined": (D, "10.0.0.4:18182", "absent", "Alive", False),
        "node_left": (C, "10.0.0.3:18182", "Alive", "absent", True),
    }
    assert set(clock.watch._addresses) == {A, B, D, C}
    clock.sample(both(members[:2], shards=shards, factor=2), 2)
    assert set(clock.watch._addresses) == {A, B, D}  # of D it was told just now


def test_a_gateway_that_is_silent_and_its_end(clock: Clock) -> None:
    quiet = observed(view(), missing=[silent(OTHER_URL, "timeout")])
    (event,) = clock.sample(quiet, 2)
    assert event == {
        "kind": "gateway_unreachable",
        "amiss": True,
        "old": "reachable",
        "new": "unreachable",
        "since": "2026-09-21T14:13:40Z",
        "gateway": OTHER_URL,
        "error": "timeout",
        "observers": words("reachable", "timeout"),
    }
    (end,) = clock.sample(both(), 2)
    assert (end["kind"], end["amiss"], end["new"], end["error"]) == (
        "gateway_unreachable",
        False,
        "reachable",
        None,
    )


def test_where_nobody_answers_each_gateway_is_told_and_nobody_left(clock: Clock) -> None:
    found = clock.sample("transport", 3)
    assert [(e["kind"], e["gateway"]) for e in found] == [
        ("gateway_unreachable", URL),
        ("gateway_unreachable", OTHER_URL),
    ]
    assert found[0]["observers"] == words("transport", "transport")


def test_views_that_diverge_are_told_with_who_differs(clock: Clock) -> None:
    split = observed(view(), view(nodes(c=DEAD), url=OTHER_URL))
    (event,) = clock.sample(split, 3)
    assert (event["kind"], event["old"], event["new"]) == ("views_diverged", "agree", "diverged")
    assert event["observers"] == words("same", "different")
    (end,) = clock.sample(both(), 2)
    assert (end["kind"], end["amiss"], end["new"]) == ("views_diverged", False, "agree")


def test_it_reminds_while_anything_is_amiss_and_for_a_while_after(clock: Clock) -> None:
    died = clock.sample(both(nodes(a=DEAD)), 95)
    times = [e for e in died if e["kind"] == "reminder"]
    assert len(times) == 3
    assert times[0] == {
        "kind": "reminder",
        "amiss": True,
        "since": "2026-09-21T14:13:50Z",
        "nodes_not_alive": 1,
        "shards_leaderless": 1,
        "shards_under_replicated": 2,
        "views_diverged": 0,
        "gateways_unreachable": 0,
        "observers": words("reachable", "reachable"),
    }
    after = [e for e in clock.sample(both(), 300) if e["kind"] == "reminder"]
    assert len(after) == 3
    assert {(e["amiss"], e["since"]) for e in after} == {(False, None)}
    again = [e for e in clock.sample(both(nodes(a=DEAD)), 40) if e["kind"] == "reminder"]
    assert len(again) == 1


def test_it_reminds_at_the_start_of_what_was_dead_before_it() -> None:
    (reminder,) = Clock().sample(both(nodes(a=DEAD)), 10)
    assert (reminder["kind"], reminder["amiss"], reminder["nodes_not_alive"]) == (
        "reminder",
        True,
        1,
    )


def test_it_reminds_at_the_start_where_nobody_answers() -> None:
    found = Clock().sample("transport", 10)
    assert [e["kind"] for e in found] == ["reminder"]
    assert (found[0]["amiss"], found[0]["gateways_unreachable"]) == (True, 2)


def test_a_node_that_left_is_reminded_of_though_all_is_well() -> None:
    """A run that was to replace it may have been refused, and nothing shows that any more."""
    clock = Clock(SETTINGS._replace(linger=400))
    clock.sample(both(), 200)
    shards = [shard(0, A, [A, B])]
    found = clock.sample(both(nodes(A, B), shards=shards, factor=2), 60)
    assert [e["kind"] for e in found] == ["node_left", "reminder"]


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts_in(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts_in(one)]
    return [value] if isinstance(value, str) else []


def test_no_text_of_a_hostile_member_is_in_any_event(clock: Clock) -> None:
    told = hostile_nodes.texts(Path("canary"))
    hostile = tuple(Node(text, text, text) for text in told)
    shards = [shard(0, told[0], told)]
    found = clock.sample(both((*nodes(), *hostile), shards=shards), 2)
    found += clock.sample(both(shards=shards), 2)
    known = {A, B, C, URL, OTHER_URL, *EVENTS, "Alive", "absent", "other", "same", "different"}
    # What looks like an ID, an address or a time is one, whoever chose it.
    alike = {text for text in told if text.replace("-", "").replace("_", "").isalnum()}
    assert len([e for e in found if e["kind"] == "node_joined"]) == len(set(told))
    for text in texts_in(found):
        safe = text in known or text in alike or text.startswith("20") or text.endswith("18182")
        assert safe or set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789.:-"), text
        assert not set(text) & set("{}%$`;|&<>\\'\" \n"), text
