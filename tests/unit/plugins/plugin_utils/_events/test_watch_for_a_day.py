"""A day of a cluster of 1,000 nodes on a simulated clock: what lasts is told, once, and no more.

Every two seconds around whatever happens, and once a minute in between.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    SUSPECT,
    Node,
    Observer,
    Shard,
    Snapshot,
    Status,
    View,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._events.reading import read, silence
from ansible_collections.stemedb.cluster.plugins.plugin_utils._events.watch import (
    Event,
    Settings,
    Watch,
)

NODES, SHARDS, DAY, STEP = 1000, 500, 86400, 2
URLS = tuple(f"http://gateway-{number}:18181" for number in range(5))
SETTINGS = Settings(URLS, settle=10, remind=300, linger=600)
IDS = [f"node-{number:04}" for number in range(NODES)]


class Incident(NamedTuple):
    """For so many seconds a node is in a state, gateways are silent, or a list is torn."""

    kind: str
    begin: int
    seconds: int
    who: Any


class Cluster:
    """What all gateways say at a moment."""

    def __init__(self, incidents: list[Incident]) -> None:
        self.incidents = incidents
        self._made: dict[Any, View] = {}

    def at(self, now: int) -> Snapshot | None:
        going = [one for one in self.incidents if one.begin <= now < one.begin + one.seconds]
        states = {one.who: one.kind for one in going if one.kind in (DEAD, SUSPECT, "gone")}
        torn = {one.who for one in going if one.kind == "torn"}
        silent = {url for one in going if one.kind == "silent" for url in one.who}
        views = [
            self._view(url, frozenset(states.items()), url in torn)
            for url in URLS
            if url not in silent
        ]
        observers = tuple(
            Observer(
                url, reachable=url not in silent, error_code="transport" if url in silent else None
            )
            for url in URLS
        )
        return Snapshot(tuple(views), observers) if views else None

    def _view(self, url: str, states: frozenset[tuple[str, str]], torn: bool) -> View:
        """Made once: the lists of a quiet cluster are large."""
        key = (states, torn)
        if key not in self._made:
            if len(self._made) > 3:
                self._made.clear()
            self._made[key] = self._new(url, dict(states), torn)
        made = self._made[key]
        return made if made.url == url else View(url, made.status, made.shards)

    def _new(self, url: str, states: dict[str, str], torn: bool) -> View:
        members = tuple(
            Node(node_id, f"10.0.{place // 250}.{place % 250}:18182", states.get(node_id, ALIVE), 1)
            for place, node_id in enumerate(IDS)
            if states.get(node_id) != "gone"
        )
        shards = tuple(Shard(n, IDS[2 * n], (IDS[2 * n], IDS[2 * n + 1]), 1) for n in range(SHARDS))
        listed = members[: NODES // 2] if torn else members
        return View(url, Status("prod", "healthy", len(members), SHARDS, 2, 1, listed), shards)


def incidents_of_a_day(chance: random.Random) -> list[Incident]:
    """One every ten minutes or so; a few of them last."""
    found = []
    for begin in range(1200, DAY - 3600, 600):
        begin += 2 * chance.randrange(60)
        who, url = chance.choice(IDS), chance.choice(URLS)
        found.append(
            chance.choice(
                [
                    Incident(SUSPECT, begin, 8, who),  # a restart, fast enough
                    Incident(DEAD, begin, 6, who),
                    Incident("gone", begin, 8, who),
                    Incident("torn", begin, 4, url),
                    Incident("silent", begin, 5, (url,)),
                    Incident("silent", begin, 5, URLS),
                    Incident(SUSPECT, begin, 40, who),
                    Incident(DEAD, begin, 60, who),
                    Incident("gone", begin, 60, who),
                    Incident("silent", begin, 60, (url,)),
                ]
            )
        )
    return found


def expected(incidents: list[Incident]) -> list[tuple[Any, ...]]:
    """The events of those that last, in order: kind, of whom, amiss, and when it began."""
    found: list[tuple[int, tuple[Any, ...]]] = []
    for kind, begin, seconds, who in incidents:
        if seconds <= SETTINGS.settle:
            continue
        end = begin + seconds
        if kind == "silent":
            found += [
                (at, ("gateway_unreachable", who[0], amiss))
                for at, amiss in ((begin, True), (end, False))
            ]
            continue
        told = ("node_left", "node_joined") if kind == "gone" else ("node_state_changed",) * 2
        leads = IDS.index(who) % 2 == 0
        # A shard whose leader or follower is not listed is as badly off as with a dead one.
        kinds = ["shard_leaderless"] * leads + ["shard_under_replicated"]
        for at, amiss in ((begin, True), (end, False)):
            found.append((at, (told[not amiss], who, amiss)))
            found += [(at, (shard, None, amiss)) for shard in kinds]
    return [event for _at, event in sorted(found, key=lambda one: one[0])]


def told(event: Event) -> tuple[Any, ...]:
    return event["kind"], event.get("node_id") or event.get("gateway"), event["amiss"]


def test_a_day() -> None:
    chance = random.Random(20260921)
    incidents = incidents_of_a_day(chance)
    cluster = Cluster(incidents)
    watch = Watch(SETTINGS, 0.0)
    events: list[Event] = []
    largest, samples = 0, 0
    busy = {at for one in incidents for at in range(one.begin - 20, one.begin + one.seconds + 30)}
    for now in range(0, DAY, STEP):
        if now % 60 and now not in busy:
            continue
        snapshot = cluster.at(now)
        reading = read(snapshot) if snapshot else silence(URLS, "transport")
        events += watch.observe(reading, float(now), 1_790_000_000.0 + now)
        largest = max(largest, len(watch.debounce) + len(watch._addresses))
        samples += 1
    assert {kind for kind, *_rest in incidents} == {DEAD, SUSPECT, "gone", "torn", "silent"}
    assert samples > 4000
    assert [told(e) for e in events if e["kind"] != "reminder"] == expected(incidents)
    assert largest <= 2 * (NODES + 1) + 2 * SHARDS + len(URLS) + 1
    reminders = [e for e in events if e["kind"] == "reminder"]
    assert reminders[0]["amiss"] is False
    # Of what is well again within five minutes, only because a run may have been refused.
    lasting = [one for one in incidents if one.seconds > SETTINGS.settle]
    assert 0 < len(reminders) <= 3 + 3 * len(lasting)
