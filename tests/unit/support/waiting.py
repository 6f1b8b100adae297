"""A clock that only sleeps and samples move, and gateways that answer as they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Union

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.loop import Clock, Outcome, wait
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Condition,
    Plan,
    Progress,
    Stage,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    URL,
    A,
    B,
    C,
    cluster,
    nodes,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

DAWN = 1795403565.0

# What one sample gives, or how it fails.
Given = Union[Snapshot, StemeDBError]

GOOD = cluster()
BAD = cluster(members=nodes(A, B, C, b="Suspect"))
PARTIAL = cluster(shard_count=9)
FAILED = StemeDBError("transport", "No answer from http://gateway-1:18181", URL)

ALIVE = (Condition("node_alive", B),)


class World:
    """A clock, and gateways that give one answer after the other, the last one for ever."""

    def __init__(self, answers: Iterable[Given], seconds: float = 0.0) -> None:
        self.now = 1000.0
        self.answers = list(answers)
        self.seconds = seconds
        self.asked: list[tuple[float, float]] = []
        self.slept: list[float] = []
        self.told: list[Progress] = []
        self.wanted: list[set[int]] = []

    def sample(self, want: Callable[[Snapshot], frozenset[int]], budget: float) -> Snapshot:
        self.asked.append((self.now - 1000.0, budget))
        self.now += self.seconds
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, StemeDBError):
            raise answer
        self.wanted.append(set(want(answer)))
        return answer

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        assert len(self.asked) < 10000, "this wait does not end"
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: DAWN + self.now - 1000.0, self.sleep)


def run(answers: Iterable[Given], seconds: float = 0.0, **plan: Any) -> tuple[Outcome, World]:
    given: dict[str, Any] = {"conditions": ALIVE, **plan}
    return through(answers, Stage("", Plan(**given)), seconds=seconds)


def through(
    answers: Iterable[Given], *stages: Stage, seconds: float = 0.0
) -> tuple[Outcome, World]:
    world = World(answers, seconds)
    return wait(stages, world.sample, world.told.append, world.clock()), world


def ended_as(outcome: Outcome) -> StemeDBError:
    assert outcome.error is not None
    return outcome.error
