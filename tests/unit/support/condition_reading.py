"""Reads one condition from a few samples, as a wait does."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.conditions import (
    check,
    remember,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Condition,
    Memory,
    Reading,
    Settings,
)


def remembered(*snapshots: Snapshot, settings: Settings = Settings()) -> Memory:  # noqa: B008
    memory = Memory()
    for snapshot in snapshots:
        memory = remember(memory, snapshot, settings)
    return memory


def read(
    name: str,
    argument: Any,
    *snapshots: Snapshot,
    expect: tuple[str, ...] = (),
    expect_shards: bool = True,
) -> Reading:
    """The condition in the last of these samples, read as a wait does."""
    settings = Settings(expect_shards=expect_shards, expect_nodes=frozenset(expect))
    before = remembered(*snapshots[:-1], settings=settings)
    known = remember(before, snapshots[-1], settings)._replace(previous=before.previous)
    return check(Condition(name, argument), snapshots[-1], known, settings)


def told(reading: Reading) -> list[tuple[str, str]]:
    return [(thing.subject, thing.reason) for thing in reading.unmet]


def sections(reading: Reading) -> set[str]:
    return {thing.section for thing in reading.unmet}
