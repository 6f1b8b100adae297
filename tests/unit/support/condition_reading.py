"""Reads one condition from a few samples, by what a wait reads them with."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Condition,
    Memory,
    Plan,
    Reading,
    Settings,
    Unmet,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.sample import VIEW
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.sample import (
    read as read_sample,
)


def remembered(*snapshots: Snapshot, settings: Settings = Settings()) -> Memory:  # noqa: B008
    """What a wait knows after these samples."""
    memory = Memory()
    for snapshot in snapshots:
        memory = read_sample(Plan((), settings), snapshot, memory).memory
    return memory


def gaps(snapshot: Snapshot, settings: Settings = Settings()) -> tuple[Unmet, ...]:  # noqa: B008
    """What keeps a sample from being complete."""
    found = read_sample(Plan((), settings), snapshot, Memory()).unmet
    return tuple(thing for thing in found if thing.condition == VIEW)


def read(
    name: str,
    argument: Any,
    *snapshots: Snapshot,
    expect: tuple[str, ...] = (),
    expect_shards: bool = True,
) -> Reading:
    """The condition in the last of these samples."""
    settings = Settings(expect_shards=expect_shards, expect_nodes=frozenset(expect))
    before = remembered(*snapshots[:-1], settings=settings)
    plan = Plan((Condition(name, argument),), settings)
    sample = read_sample(plan, snapshots[-1], before)
    unmet = tuple(thing for thing in sample.unmet if thing.condition != VIEW)
    return Reading(unmet, next(iter(sample.numbers), None), sample.notes)


def told(reading: Reading) -> list[tuple[str, str]]:
    return [(thing.subject, thing.reason) for thing in reading.unmet]


def sections(reading: Reading) -> set[str]:
    return {thing.section for thing in reading.unmet}
