"""Lock hosts as a loop of a module finds them, from what really was asked of them."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._lock import record
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import (
    Change,
    Moment,
    Request,
)

DAWN = 1795403565.0  # 2026-11-23T03:12:45Z
ME = "ME"


class LockHost:
    """One lock host, whose clock is where a test puts it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.document: Any = record.empty()
        self.seconds = 0.0

    @property
    def now(self) -> Moment:
        return Moment(DAWN + self.seconds, "boot-1", 1000.0 + self.seconds)

    def ask(self, action: str, run: str = ME, **more: Any) -> Change:
        change = record.ACTIONS[action](self.document, self.request(run, **more), self.now)
        self.document = change.document
        return change

    def answer(self, action: str, run: str = ME, **more: Any) -> dict[str, Any]:
        """The item of a loop of `stemedb_operation_lock`."""
        return self._item(self.ask(action, run, **more), run, more)

    def look(self, running: bool | None = None, run: str = ME, **more: Any) -> dict[str, Any]:
        """The item of a loop of `stemedb_lock_info`."""
        found = self._item(record.show(self.document, self.request(run), self.now), run, more)
        if found["holder"]:
            found["holder"]["running"] = running
        return found

    def request(self, run: str, **more: Any) -> Request:
        owner = {"controller": "ctrl-01", "user": "alice", "pid": 7}
        told = {"lease": 60.0, "operation": "remove_node", "target": "node-09", **more}
        return Request(run, owner, **told)

    def _item(self, change: Change, run: str, more: dict[str, Any]) -> dict[str, Any]:
        request = self.request(run, **more)
        answer = record.answer(change, request, self.now)
        return {"item": self.name, "ansible_loop_var": "item", "changed": False, **answer}


def lock_hosts(count: int) -> list[LockHost]:
    return [LockHost(f"node-{number + 1:02}") for number in range(count)]


def unreachable(name: str) -> dict[str, Any]:
    return {
        "item": name,
        "ansible_loop_var": "item",
        "unreachable": True,
        "msg": "Failed to connect to the host via ssh",
    }


def failed(name: str, message: str = "No space left on device") -> dict[str, Any]:
    return {"item": name, "ansible_loop_var": "item", "failed": True, "msg": message}
