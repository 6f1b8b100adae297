# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From samples to events, and reminders while anything is amiss. Private to stemedb.cluster. Pure.

An event only wakes: whoever gets one has to ask the cluster again. It holds numbers, words of this
collection, and texts that match the patterns of `texts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    Node,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.predicates import (
    differences,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._times import iso
from ansible_collections.stemedb.cluster.plugins.plugin_utils._events import texts
from ansible_collections.stemedb.cluster.plugins.plugin_utils._events.debounce import (
    Change,
    Debounce,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._events.reading import (
    ABSENT,
    FINE,
    GATEWAY,
    LEADERLESS,
    NODE,
    UNDER_REPLICATED,
    VIEWS,
    Reading,
    Subject,
    leaderless_in,
    under_replicated_in,
)

Event = dict[str, Any]

STATE_CHANGED = "node_state_changed"
JOINED = "node_joined"
LEFT = "node_left"
REMINDER = "reminder"
# The events of the other kinds, each with the words for fine and for amiss if it counts no shards.
_EVENTS = {
    LEADERLESS: "shard_leaderless",
    UNDER_REPLICATED: "shard_under_replicated",
    VIEWS: "views_diverged",
    GATEWAY: "gateway_unreachable",
}
_WORDS = {VIEWS: ("agree", "diverged"), GATEWAY: ("reachable", "unreachable")}
# What a reminder calls the number of subjects that are amiss.
_COUNTED = {
    NODE: "nodes_not_alive",
    LEADERLESS: "shards_leaderless",
    UNDER_REPLICATED: "shards_under_replicated",
    VIEWS: "views_diverged",
    GATEWAY: "gateways_unreachable",
}
EVENTS = (JOINED, LEFT, STATE_CHANGED, *_EVENTS.values(), REMINDER)

# As many shards as one event lists.
MOST_LISTED = 100


class Settings(NamedTuple):
    """What the operator has chosen.

    :param urls: the gateways.
    :param settle: seconds for which a change has to last.
    :param remind: seconds between reminders.
    :param linger: seconds for which reminders go on after the start, after a node left and after
        all is well again: a run that was refused is to be tried again.
    """

    urls: tuple[str, ...]
    settle: float = 10.0
    remind: float = 300.0
    linger: float = 3600.0


class Watch:
    """Turns samples into events.

    :param now: monotonic seconds, as in each call of `observe`.
    """

    def __init__(self, settings: Settings, now: float) -> None:
        self._settings = settings
        self.debounce = Debounce(settings.settle)
        self._addresses: dict[str, str | None] = {}
        self._listed: tuple[Node, ...] | None = ()
        self._counts = (-1, dict.fromkeys(_COUNTED.values(), 0))
        self._amiss_since: float | None = None
        self._linger_until = now + settings.linger
        self._reminder_at: float | None = now + settings.settle

    def observe(self, reading: Reading, now: float, epoch: float) -> list[Event]:
        """The events of a sample, each to be told once.

        :param now: monotonic seconds.
        :param epoch: seconds since the epoch at the same moment.
        """
        changes = self.debounce.take(reading, now)
        self._note_addresses(reading, changes)
        events = [*self._of_nodes(changes), *self._of_the_rest(changes, reading)]
        if any(event["kind"] == LEFT for _subject, event in events):
            self._linger_until = now + self._settings.linger
        events += self._reminders(now)
        for subject, event in events:
            if event["since"] is not None:
                event["since"] = iso(epoch - (now - event["since"]))
            event["observers"] = [
                {"gateway": texts.url(url), "word": _word(subject, url, reading)}
                for url in self._settings.urls
            ]
        return [event for _subject, event in events]

    def _note_addresses(self, reading: Reading, changes: Iterable[Change]) -> None:
        """Keep the address of a node until it is told that it left."""
        listed = [view.status.nodes for view in reading.views]
        if not changes and all(nodes == self._listed for nodes in listed):
            return
        found = {node.node_id: node.address for nodes in listed for node in nodes or ()}
        shown = [name for kind, name in self.debounce.shown if kind == NODE]
        left = [change.subject[1] for change in changes if change.new == ABSENT]
        for name in (*shown, *left):
            found.setdefault(name, self._addresses.get(name))
        self._addresses = found
        self._listed = listed[0] if listed else self._listed

    def _of_nodes(self, changes: Iterable[Change]) -> Iterator[tuple[Subject, Event]]:
        for subject, old, new, since in changes:
            if subject[0] == NODE:
                kind = JOINED if old == ABSENT else LEFT if new == ABSENT else STATE_CHANGED
                yield (
                    subject,
                    {
                        "kind": kind,
                        "amiss": new != ALIVE,
                        "old": old,
                        "new": new,
                        "since": since,
                        "node_id": texts.node_id(subject[1]),
                        "address": texts.address(self._addresses.get(subject[1])),
                    },
                )

    def _of_the_rest(
        self, changes: Sequence[Change], reading: Reading
    ) -> Iterator[tuple[Subject, Event]]:
        for subject, old, new, since in changes:
            kind, name = subject
            if kind in _WORDS:
                event: Event = {
                    "kind": _EVENTS[kind],
                    "amiss": new != FINE,
                    "old": _WORDS[kind][old != FINE],
                    "new": _WORDS[kind][new != FINE],
                    "since": since,
                }
                if kind == GATEWAY:
                    event.update(gateway=texts.url(name), error=reading.errors.get(name))
                yield subject, event
        for kind in (LEADERLESS, UNDER_REPLICATED):
            found = [change for change in changes if change.subject[0] == kind]
            if found:
                yield from self._of_shards(kind, found)

    def _of_shards(self, kind: str, changes: Sequence[Change]) -> Iterator[tuple[Subject, Event]]:
        """One event for all shards, if more are amiss, or none is any more."""
        amiss = sorted(name for of, name in self.debounce.shown if of == kind)
        worse = [change for change in changes if change.new != FINE]
        if worse or not amiss:
            yield (
                (kind, None),
                {
                    "kind": _EVENTS[kind],
                    "amiss": bool(amiss),
                    "old": len(amiss) - len(worse) + len(changes) - len(worse),
                    "new": len(amiss),
                    "since": min(change.since for change in worse or changes),
                    "shards": amiss[:MOST_LISTED],
                },
            )

    def _reminders(self, now: float) -> Iterator[tuple[Subject, Event]]:
        version, counts = self._counts
        if version != self.debounce.version:
            counts = dict.fromkeys(_COUNTED.values(), 0)
            for (kind, _name), value in self.debounce.shown.items():
                counts[_COUNTED[kind]] += value != ALIVE
            self._counts = self.debounce.version, counts
        amiss = any(counts.values())
        if not amiss:
            self._amiss_since = None
        elif self._amiss_since is None:
            self._amiss_since = now
        if amiss:
            self._linger_until = now + self._settings.linger
        if now > self._linger_until:
            self._reminder_at = None
        elif self._reminder_at is None:
            self._reminder_at = now + self._settings.remind
        elif now >= self._reminder_at:
            self._reminder_at = now + self._settings.remind
            event = {"kind": REMINDER, "amiss": amiss, "since": self._amiss_since, **counts}
            yield (GATEWAY, None), event


def _word(subject: Subject, url: str, reading: Reading) -> str | int | None:
    """What one gateway says of a subject; None for one that did not answer completely."""
    kind, name = subject
    if kind == GATEWAY:
        return reading.errors.get(url, _WORDS[GATEWAY][0])
    view = next((one for one in reading.views if one.url == url), None)
    if view is None:
        return None
    if kind == NODE:
        node = view.nodes_by_id.get(name)
        return texts.state(node.state) if node else ABSENT
    if kind == VIEWS:
        return "different" if differences(reading.views[0], view) else "same"
    found = leaderless_in(view) if kind == LEADERLESS else under_replicated_in(view)
    return None if found is None else len(found)
