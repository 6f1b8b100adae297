# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a condition is asked with and what it answers: the types that a wait is made of.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Node, Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import (
    find_node,
    known_as,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.replication import (
    REPLICATED_FRACTION,
)

# Fewer samples than this are no window of stability, however short it is.
LEAST_SAMPLES = 3


class Condition(NamedTuple):
    """A condition as asked for: its name, and its argument in the one form that is checked."""

    name: str
    argument: Any


class Settings(NamedTuple):
    """What a wait was told about all its conditions.

    :param fraction: of its leader's size at which a replica is complete.
    :param expect_shards: False says by name that the cluster is empty.
    :param expect_nodes: full ids that must be listed for another one to count as gone.
    """

    fraction: float = REPLICATED_FRACTION
    expect_shards: bool = True
    expect_nodes: frozenset[str] = frozenset()


class Plan(NamedTuple):
    """What to wait for, and how long; all times in seconds.

    :param stable_for: for which every sample must be complete and good.
    :param interval: from the end of one sample to the start of the next.
    :param timeout: for all of it.
    :param stall_timeout: after which numbers and reasons that stand still end it; None for never.
    :param fail_fast: conditions of which none may come to hold: then it can no longer succeed.
    """

    conditions: tuple[Condition, ...]
    settings: Settings = Settings()
    stable_for: float = 10.0
    interval: float = 2.0
    timeout: float = 300.0
    stall_timeout: float | None = None
    fail_fast: tuple[Condition, ...] = ()


class Stage(NamedTuple):
    """A part of a wait, which begins when the one before holds; "" is the name of an only one."""

    name: str
    plan: Plan


class Memory(NamedTuple):
    """What a wait keeps of its earlier samples.

    :param first_nodes: the ids in the first complete sample, None before there is one.
    :param seen: every id that any sample listed.
    :param leader_sizes: bytes of each shard's leader as first read in this wait, or less since.
    :param done: (shard, node) of replicas that were found complete, not asked about again until
        all are.
    :param previous: the sample before.
    """

    first_nodes: frozenset[str] | None = None
    seen: frozenset[str] = frozenset()
    leader_sizes: Mapping[int, int] = {}
    done: frozenset[tuple[int, str]] = frozenset()
    previous: Snapshot | None = None


class Unmet(NamedTuple):
    """One thing that is still missing, and the guide's section that helps ("" where none does)."""

    condition: str
    subject: str
    reason: str
    section: str = ""


def waited_for(unmet: Sequence[Unmet]) -> list[Unmet]:
    """What an operator may look at: less that the first sample has none before it."""
    return [thing for thing in unmet if thing.reason != words.FIRST_SAMPLE]


class Numbers(NamedTuple):
    """How far a condition is, for a line of progress: of `subject`, `have` of `goal` things.

    `bytes_have` and `bytes_goal` are 0 where no bytes are counted; `shards` are those missing.
    """

    condition: str
    subject: str
    what: str
    have: int
    goal: int
    bytes_have: int = 0
    bytes_goal: int = 0
    shards: tuple[int, ...] = ()


class Reading(NamedTuple):
    """One condition on one sample: what is unmet, how far it is, and what else to tell."""

    unmet: tuple[Unmet, ...] = ()
    numbers: Numbers | None = None
    notes: tuple[str, ...] = ()


class Progress(NamedTuple):
    """How far a wait is after a sample; `good_for` is None while something is unmet."""

    elapsed: float
    good_for: float | None
    stable_for: float
    unmet: tuple[Unmet, ...]
    numbers: tuple[Numbers, ...]
    good_samples: int = 0
    stage: str = ""


def subject_node(
    condition: Condition, snapshot: Snapshot, memory: Memory, settings: Settings
) -> Node | None:
    """The node that a condition is about, None if no view lists it."""
    name = condition.argument
    name = name[0] if isinstance(name, tuple) else name
    name = known_as(name, memory.seen | settings.expect_nodes)
    if name in memory.seen or name in settings.expect_nodes:
        # A full id, which is not to become the prefix of another once its node is gone.
        return snapshot.nodes.get(name)
    return find_node(name, snapshot.nodes.values())


def not_listed(condition: Condition, name: str) -> Reading:
    """The reading of a condition whose node no view lists."""
    return Reading((Unmet(condition.name, name, "is not listed as a member", words.SUSPECTED),))
