"""Whatever happens, no two runs hold the lock of a cluster at the same moment.

Runs take, renew, lose, break and give back the lock through the same code as the role does, on lock
hosts of which some do not answer, while time passes.
"""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.module_utils._lock import record
from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock.majority import (
    lock_hosts as hosts_of,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock.majority import (
    majority,
    plan,
    verdict,
)
from ansible_collections.stemedb.cluster.tests.unit.support.lock_answers import (
    LockHost,
    lock_hosts,
    unreachable,
)
from hypothesis import given, settings
from hypothesis import strategies as st

RUNS = ("A", "B", "C")
LEASE = 60.0


class Cluster:
    """Lock hosts, and runs each with a target of its own, which is not asked."""

    def __init__(self, count: int, targets: dict[str, str]) -> None:
        self.hosts = {host.name: host for host in lock_hosts(count)}
        self.asked = {run: hosts_of(self.hosts, targets=[targets[run]]) for run in RUNS}
        self.believed: dict[str, float] = {}  # runs that were told so, and until when
        self.seconds = 0.0

    def ask(self, run: str, action: str, silent: set[str], **more: Any) -> list[dict[str, Any]]:
        return [
            unreachable(name) if name in silent else self.hosts[name].answer(action, run, **more)
            for name in self.asked[run]["asked"]
        ]

    def acquire(self, run: str, silent: set[str], named: str = "") -> None:
        of = self.asked[run]["of"]
        found = plan(self.ask(run, "show", silent), of, named)
        if not found["free"]:
            return
        replace = {entry["run_id"]: entry["why"] for entry in found["replace"]}
        if verdict(self.ask(run, "acquire", silent, lease=LEASE, replace=replace), of)["held"]:
            self.believed[run] = self.seconds + LEASE
            for other in replace:
                self.believed.pop(other, None)  # an operator vouched for it
        else:
            self.ask(run, "release", silent)

    def renew(self, run: str, silent: set[str]) -> None:
        of = self.asked[run]["of"]
        if verdict(self.ask(run, "renew", silent, lease=LEASE), of)["held"]:
            self.believed[run] = self.seconds + LEASE
        else:
            self.believed.pop(run, None)  # it stops

    def release(self, run: str, silent: set[str]) -> None:
        self.ask(run, "release", silent, outcome="succeeded")
        self.believed.pop(run, None)

    def wait(self, seconds: float) -> None:
        self.seconds += seconds
        for host in self.hosts.values():
            host.seconds = self.seconds
        # Whoever was suspended for longer finds out when it renews, and changes nothing before.
        self.believed = {r: until for r, until in self.believed.items() if until > self.seconds}


def holding(host: LockHost) -> str | None:
    holder = host.document["holder"]
    return None if holder is None or record.expired(holder, host.now) else holder["run_id"]


@st.composite
def events(draw: Callable[[Any], Any]) -> list[tuple[str, str, set[str], Any]]:
    names = [host.name for host in lock_hosts(5)]
    one = st.tuples(
        st.sampled_from(["acquire", "acquire", "renew", "release", "wait", "break"]),
        st.sampled_from(RUNS),
        st.sets(st.sampled_from(names), max_size=2),
        st.one_of(st.sampled_from([1, 30, 59, 60, 3600]), st.sampled_from(RUNS)),
    )
    return list(draw(st.lists(one, max_size=25)))


@settings(max_examples=400, deadline=None)
@given(
    st.integers(1, 5),
    st.fixed_dictionaries({run: st.sampled_from(["node-01", "node-02", "none"]) for run in RUNS}),
    events(),
)
def test_two_runs_never_hold_it(
    count: int, targets: dict[str, str], happened: list[tuple[str, str, set[str], Any]]
) -> None:
    cluster = Cluster(count, targets)
    for event, run, silent, more in happened:
        if event == "wait":
            cluster.wait(more if isinstance(more, int) else 10)
        elif event == "break":
            cluster.acquire(run, silent, named=str(more))
        else:
            getattr(cluster, event)(run, silent)
        assert len(cluster.believed) <= 1
        for told in cluster.believed:
            mine = [host for host in cluster.hosts.values() if holding(host) == told]
            assert len(mine) >= majority(count)


@given(
    st.integers(1, 9),
    st.lists(st.sampled_from([f"node-{n:02}" for n in range(1, 10)]), min_size=2, max_size=2),
    st.data(),
)
def test_majorities_of_operations_with_other_targets_share_a_host(
    count: int, targets: list[str], data: Any
) -> None:
    members = [host.name for host in lock_hosts(count)]
    found = [hosts_of(members, targets=[target]) for target in targets]
    parts = []
    for one in found:
        need = majority(one["of"])
        if len(one["asked"]) < need:
            return  # such an operation is refused
        parts.append(set(data.draw(st.permutations(one["asked"]))[:need]))
    assert parts[0] & parts[1]


@given(
    st.integers(1, 5),
    st.sampled_from([60, 61, 3600, 1e6]),
    st.sampled_from(["nobody", "held", "released"]),
    st.sets(st.sampled_from([f"node-{n:02}" for n in range(1, 6)])),
)
def test_a_run_that_was_suspended_wakes_up_without_the_lock(
    count: int, seconds: float, meanwhile: str, silent: set[str]
) -> None:
    cluster = Cluster(count, dict.fromkeys(RUNS, "none"))
    cluster.acquire("A", set())
    cluster.wait(seconds)
    if meanwhile != "nobody":
        cluster.acquire("B", silent)
    if meanwhile == "released":
        cluster.release("B", silent)
    assert "A" not in cluster.believed
    cluster.renew("A", set())
    assert "A" not in cluster.believed


NAMES = tuple("abcdefgh")
MEMBERS = st.sets(st.sampled_from(NAMES), min_size=1)


@given(st.tuples(MEMBERS, MEMBERS), st.randoms(use_true_random=False))
def test_two_lists_of_members_do_not_make_two_holders(
    lists: tuple[set[str], set[str]], chance: Any
) -> None:
    """As long as the lock hosts of both share one that answers both."""
    chosen = {run: hosts_of(members) for run, members in zip("AB", lists)}
    if not set(chosen["A"]["hosts"]) & set(chosen["B"]["hosts"]):
        return
    hosts = {name: LockHost(name) for name in NAMES}
    todo = [
        (run, action, name)
        for action in ("show", "acquire")
        for run in "AB"
        for name in chosen[run]["asked"]
    ]
    chance.shuffle(todo)
    todo.sort(key=lambda step: step[1], reverse=chance.random() < 0.5)
    told: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for run, action, name in todo:
        answer = hosts[name].answer(action, run, lease=LEASE, hosts=tuple(chosen[run]["hosts"]))
        told.setdefault((run, action), []).append(answer)
    holding_it = [
        run
        for run in "AB"
        if plan(told[run, "show"], chosen[run]["of"])["free"]
        and verdict(told[run, "acquire"], chosen[run]["of"])["held"]
    ]
    assert len(holding_it) <= 1


def test_a_majority_of_other_hosts_is_no_majority() -> None:
    """Three new members come first by name: two of the five are what both lists share."""
    old, new = list("fghij"), list("abcfghij")
    mine = tuple(hosts_of(new)["hosts"])
    hosts = {name: LockHost(name) for name in sorted(new)}
    for name in old:
        hosts[name].ask("acquire", "A", hosts=tuple(old))
    found = plan([hosts[name].answer("show", "B", hosts=mine) for name in mine], 5)
    assert found["free"] is False
    assert (
        "That operation has other lock hosts (f, g, h, i, j) than this run (a, b, c, f, g)"
        in (found["sentence"])
    )
    taken = [hosts[name].answer("acquire", "B", hosts=mine) for name in mine]
    assert verdict(taken, 5)["held"] is False
