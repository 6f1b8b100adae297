"""Fault switches: what a test asks this node to do wrong (see the README)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Optional

from . import NodeError

DIALECTS = ("nodes_path", "admin_nodes_path", "aliases", "bare", "shard_ids")
_NUMBER = (int, float)
# name: (type of its value, what it does)
KNOWN: dict[str, tuple[Any, str]] = {
    "slow": (dict, "{path prefix: seconds} before the gateway answers"),
    "fail": (dict, "{path prefix: status code} that the gateway answers"),
    "stale": (bool, "the gateway keeps answering what it knows now"),
    "clock": (_NUMBER, "seconds by which the gateway's clock, its header Date, is ahead"),
    "stuck_rebalance": (bool, "as coordinator, assign no replicas"),
    "stuck_election": (bool, "as coordinator, elect no leaders"),
    "flapping": (dict, '{"up": seconds, "down": seconds}: silent to other nodes while down'),
    "drop_peers": (list, "node ids or addresses whose traffic is dropped, both ways"),
    "growth": (_NUMBER, "bytes per second by which each shard led by this node grows"),
    "rate": (_NUMBER, "bytes per second of incoming replication, instead of --rate; 0 stops it"),
    "age_out": (_NUMBER, "seconds that a Dead node stays listed, instead of --age-out"),
    "dialect": (list, f"shapes of answers, any of {', '.join(DIALECTS)}"),
}


class Faults:
    """The active switches, by name."""

    def __init__(self, dialect: tuple[str, ...]) -> None:
        self._initial: dict[str, Any] = {"dialect": list(dialect)} if dialect else {}
        self.active: dict[str, Any] = {}
        self._since = 0.0
        self.clear()

    def clear(self) -> None:
        self.active = {}
        self.update(self._initial)

    def update(self, changes: Mapping[str, Any]) -> None:
        """Set the given switches; null (None) or false clears one."""
        for name, value in changes.items():
            if name not in KNOWN:
                raise NodeError(f"unknown fault {name!r}; known are {', '.join(KNOWN)}")
            if value is not None and not isinstance(value, KNOWN[name][0]):
                raise NodeError(f"fault {name!r} takes {KNOWN[name][1]}")
        for word in changes.get("dialect") or ():
            if word not in DIALECTS:
                raise NodeError(f"unknown dialect {word!r}; known are {', '.join(DIALECTS)}")
        for name, value in changes.items():
            if value is None or value is False:
                self.active.pop(name, None)
            else:
                self.active[name] = value
        self._since = time.monotonic()

    def on(self, name: str) -> Any:
        return self.active.get(name)

    def by_path(self, name: str, path: str) -> Optional[Any]:
        """The value for the longest prefix of a path in ``slow`` or ``fail``."""
        table = self.active.get(name, {})
        matches = [prefix for prefix in table if path.startswith(prefix)]
        return table[max(matches, key=len)] if matches else None

    def silent(self) -> bool:
        """Whether a flapping node is in its down time (it starts with one)."""
        window = self.active.get("flapping")
        if not window:
            return False
        down, up = float(window.get("down", 5)), float(window.get("up", 5))
        return (time.monotonic() - self._since) % (down + up) < down

    def dialect(self, word: str) -> bool:
        return word in self.active.get("dialect", ())
