"""Whatever happens, no two runs hold the lock of a cluster at the same moment.

Runs take, renew, lose, break and give back the lock by the same judgements as the role does, on
lock hosts of which some do not answer, while time passes, runs are killed and each request of one
run may fall between any two of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.module_utils._lock import record
from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock.majority import (
    lock_hosts as hosts_of,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock.majority import (
    majority,
    plan,
    taking,
    verdict,
)
from ansible_collections.stemedb.cluster.tests.unit.support.lock_answers import (
    LockHost,
    lock_hosts,
    unreachable,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.support.examples import examples

RUNS = ("A", "B", "C")
LEASE = 60.0
TRIES = 3
# One request of a run to one lock host, or a pause; between two of them anything may happen.
Steps = Iterator[None]


class Cluster:
    """Lock hosts, and runs each with a target of its own, which is not asked."""

    def __init__(self, count: int, targets: dict[str, str]) -> None:
        self.hosts = {host.name: host for host in lock_hosts(count)}
        self.asked = {run: hosts_of(self.hosts, targets=[targets[run]]) for run in RUNS}
        self.believed: dict[str, float] = {}  # runs that were told so, and until when
        self.seconds = 0.0
        self.gone: set[str] = set()  # runs whose process was killed
        self.lives = dict.fromkeys(RUNS, 0)
        self.number = 0
        self.doing: dict[str, str] = {}  # the operation of a run from its lock to its end
        self.crashed: set[str] = set()  # operations that were killed before their end
        self.shown = ""
        self.requests: list[tuple[str, str]] = []

    def run_id(self, run: str) -> str:
        """Another process each time that it was killed."""
        return f"{run}{self.lives[run]}"

    def ask(
        self, run: str, action: str, silent: set[str], answers: list[dict[str, Any]], **more: Any
    ) -> Steps:
        """The answers of all lock hosts, one after the other."""
        answers.clear()
        hosts = tuple(self.asked[run]["hosts"])
        for name in self.asked[run]["asked"]:
            yield
            self.requests.append((run, action))
            if name in silent:
                answers.append(unreachable(name))
                continue
            answer = self.hosts[name].answer(action, self.run_id(run), hosts=hosts, **more)
            holder = answer["holder"]
            if holder:
                holder["running"] = holder["run_id"] not in self.gone
            answers.append(answer)

    def acquiring(self, run: str, silent: set[str], named: str = "") -> Steps:
        """As roles/stemedb_lock/tasks/acquire.yml."""
        self.number += 1
        operation = self.doing.get(run, f"operation-{self.number}")
        state: dict[str, Any] = {"replace": [], "tries": TRIES - 1}
        answers: list[dict[str, Any]] = []
        going = True
        while going:
            replace = {entry["run_id"]: entry["why"] for entry in state["replace"]}
            began = self.seconds
            told = {"lease": LEASE, "operation": operation, "replace": replace}
            yield from self.ask(run, "acquire", silent, answers, **told)
            state = taking(
                answers,
                self.asked[run],
                named,
                replaced=state["replace"],
                tries=state["tries"],
            )
            for other, why in replace.items():
                if why == record.NAMED:
                    self.believed.pop(other, None)  # an operator vouched for it
            if state["held"] and self.seconds < began + LEASE:
                self.believed[self.run_id(run)] = began + LEASE
                self.doing[run] = operation
                # Nothing that crashed with the lock is passed over in silence.
                assert all(f"{crash} of" in self.shown for crash in self.crashed)
                return
            self.shown += "\n".join(state["lines"])
            if not state["replace"]:
                self.ends(run)
            if state["give_back"]:
                yield from self.ask(run, "release", silent, answers)
            going = not state["refusal"] and bool(state["again"] or state["replace"])

    def renewing(self, run: str, silent: set[str]) -> Steps:
        answers: list[dict[str, Any]] = []
        began = self.seconds
        yield from self.ask(run, "renew", silent, answers, lease=LEASE, operation="")
        if verdict(answers, self.asked[run]["of"])["held"] and self.seconds < began + LEASE:
            self.believed[self.run_id(run)] = began + LEASE
        else:
            self.ends(run)

    def releasing(self, run: str, silent: set[str]) -> Steps:
        self.ends(run)
        yield from self.ask(run, "release", silent, [], outcome="succeeded")

    def acquire(self, run: str, silent: set[str], named: str = "") -> None:
        self.wholly(self.acquiring(run, silent, named))

    def renew(self, run: str, silent: set[str]) -> None:
        self.wholly(self.renewing(run, silent))

    def release(self, run: str, silent: set[str]) -> None:
        self.wholly(self.releasing(run, silent))

    @staticmethod
    def wholly(steps: Steps) -> None:
        for _step in steps:
            pass

    def ends(self, run: str) -> None:
        """It stops, and says so itself."""
        self.believed.pop(self.run_id(run), None)
        self.doing.pop(run, None)

    def kill(self, run: str) -> None:
        self.believed.pop(self.run_id(run), None)
        if run in self.doing:
            self.crashed.add(self.doing.pop(run))
        self.gone.add(self.run_id(run))
        self.lives[run] += 1

    def wait(self, seconds: float) -> None:
        self.seconds += seconds
        for host in self.hosts.values():
            host.seconds = self.seconds
        # Whoever was suspended for longer finds out when it renews, and changes nothing before.
        self.believed = {r: until for r, until in self.believed.items() if until > self.seconds}

    def check(self) -> None:
        assert len(self.believed) <= 1
        for told in self.believed:
            mine = [host for host in self.hosts.values() if holding(host) == told]
            assert len(mine) >= majority(len(self.hosts))


def holding(host: LockHost) -> str | None:
    holder = host.document["holder"]
    return None if holder is None or record.expired(holder, host.now) else holder["run_id"]


@st.composite
def events(draw: Callable[[Any], Any]) -> list[tuple[str, str, set[str], Any]]:
    names = [host.name for host in lock_hosts(5)]
    one = st.tuples(
        st.sampled_from(["acquire", "acquire", "renew", "release", "wait", "break", "kill"]),
        st.sampled_from(RUNS),
        st.sets(st.sampled_from(names), max_size=2),
        st.one_of(st.sampled_from([1, 30, 59, 60, 3600]), st.sampled_from(RUNS)),
    )
    return list(draw(st.lists(one, max_size=25)))


COUNTS = st.integers(1, 5)
TARGETS = st.fixed_dictionaries({r: st.sampled_from(["node-01", "node-02", "none"]) for r in RUNS})


@examples(400)
@given(COUNTS, TARGETS, events())
def test_two_runs_never_hold_it(
    count: int, targets: dict[str, str], happened: list[tuple[str, str, set[str], Any]]
) -> None:
    cluster = Cluster(count, targets)
    for event, run, silent, more in happened:
        if event == "wait":
            cluster.wait(more if isinstance(more, int) else 10)
        elif event == "break":
            cluster.acquire(run, silent, named=cluster.run_id(str(more)) if more in RUNS else "")
        elif event == "kill":
            cluster.kill(run)
        else:
            getattr(cluster, event)(run, silent)
        cluster.check()


@examples(400)
@given(COUNTS, TARGETS, events(), st.randoms(use_true_random=False))
def test_two_runs_at_once_never_both_hold_it(
    count: int,
    targets: dict[str, str],
    happened: list[tuple[str, str, set[str], Any]],
    chance: Any,
) -> None:
    """Each request of one may fall between two of another, and a kill between two of its own."""
    cluster = Cluster(count, targets)
    waiting = {run: [event for event in happened if event[1] == run] for run in RUNS}
    busy: dict[str, Steps] = {}
    while any(waiting.values()) or busy:
        run = chance.choice([run for run in RUNS if waiting[run] or run in busy])
        coming = waiting[run][0][0] if waiting[run] else ""
        if run in busy and (coming not in ("kill", "wait") or chance.random() < 0.8):
            if next(busy[run], busy) is busy:
                del busy[run]
        else:
            event, _run, silent, more = waiting[run].pop(0)
            if event == "wait":
                cluster.wait(more if isinstance(more, int) else 10)
            elif event == "kill":
                cluster.kill(run)
                busy.pop(run, None)
            elif event == "break":
                busy[run] = cluster.acquiring(run, silent)
            else:
                doing = {"acquire": cluster.acquiring, "renew": cluster.renewing}
                busy[run] = doing.get(event, cluster.releasing)(run, silent)
        cluster.check()


@given(COUNTS, TARGETS, events())
def test_a_run_asks_no_more_often_than_it_may(
    count: int, targets: dict[str, str], happened: list[tuple[str, str, set[str], Any]]
) -> None:
    """A lock that is free costs one request to each lock host; a try, two rounds at most."""
    cluster = Cluster(count, targets)
    cluster.acquire("A", set())
    asked = cluster.asked["A"]
    if len(asked["asked"]) >= majority(asked["of"]):
        assert cluster.requests == [("A", "acquire")] * len(asked["asked"])
    for event, run, silent, more in happened:
        cluster.requests.clear()
        if event == "wait":
            cluster.wait(more if isinstance(more, int) else 10)
        elif event == "kill":
            cluster.kill(run)
        elif event in ("acquire", "break"):
            cluster.acquire(run, silent)
            rounds = 2 * TRIES * len(cluster.asked[run]["asked"])
            assert cluster.requests.count((run, "acquire")) <= rounds
        else:
            getattr(cluster, event)(run, silent)


def test_what_is_taken_in_vain_hides_nothing() -> None:
    """A lock host where the lock of the run that goes on has expired tells of no end of it."""
    cluster = Cluster(3, dict.fromkeys(RUNS, "none"))
    cluster.acquire("A", set())
    cluster.wait(30)
    cluster.renew("A", {"node-01"})
    cluster.wait(40)
    cluster.acquire("B", set())
    assert set(cluster.believed) == {"A0"}
    assert [host.document["operations"] for host in cluster.hosts.values()] == [[]] * 3
    cluster.kill("A")
    cluster.acquire("B", set())
    assert set(cluster.believed) == {"B0"}
    assert "operation-1 of" in cluster.shown


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
    todo = [(run, name) for run in "AB" for name in chosen[run]["asked"]]
    chance.shuffle(todo)
    told: dict[str, list[dict[str, Any]]] = {"A": [], "B": []}
    for run, name in todo:
        asked = {"lease": LEASE, "hosts": tuple(chosen[run]["hosts"])}
        told[run].append(hosts[name].answer("acquire", run, **asked))
    assert sum(taking(told[run], chosen[run])["held"] for run in "AB") <= 1


def test_a_majority_of_other_hosts_is_no_majority() -> None:
    """Three new members come first by name: two of the five are what both lists share."""
    old, new = list("fghij"), list("abcfghij")
    mine = tuple(hosts_of(new)["hosts"])
    hosts = {name: LockHost(name) for name in sorted(new)}
    for name in old:
        hosts[name].ask("acquire", "A", hosts=tuple(old))
    found = plan([hosts[name].look(run="B", hosts=mine) for name in mine], 5)
    assert found["free"] is False
    assert (
        "That operation has other lock hosts (f, g, h, i, j) than this run (a, b, c, f, g)"
        in (found["sentence"])
    )
    taken = [hosts[name].answer("acquire", "B", hosts=mine) for name in mine]
    assert verdict(taken, 5)["held"] is False
