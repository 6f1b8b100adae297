"""What holds of a plan whatever is declared: on a model of a cluster, by doing what it says."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Callable, NamedTuple, Optional

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Node,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import assess
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import Facts, Host
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.plan import plan
from ansible_collections.stemedb.cluster.tests.unit.support.builders import silent
from ansible_collections.stemedb.cluster.tests.unit.support.planning import (
    LOCK_HOSTS,
    NOW,
    SETTINGS,
    address,
    did,
    shards,
    snapshot,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.support.examples import examples

PLACES = range(1, 9)
Draw = Callable[[Any], Any]


def node_id(number: int) -> str:
    return f"{number:08x}-1111-4222-8333-444455556666"


class Declaration(NamedTuple):
    """A commit: members, spares and what may be removed."""

    members: tuple[Host, ...]
    spares: tuple[Host, ...] = ()
    prune: tuple[str, ...] = ()


@dataclass
class Model:
    """A cluster that does what the procedures do, and keeps its shards replicated."""

    nodes: dict[str, Node]
    operations: list[dict[str, Any]] = field(default_factory=list)
    replaces: dict[str, Optional[str]] = field(default_factory=dict)
    ages_out: bool = False
    clock: int = 0

    def snapshot(self) -> Snapshot:
        return snapshot(*self.nodes.values())

    def facts(self, commit: Declaration, **more: Any) -> Facts:
        chosen = SETTINGS._replace(
            spares=commit.spares, prune=commit.prune, max_changes=99, others=hosts_of(PLACES)
        )
        records = {place.host: self.replaces.get(place.host) for place in commit.spares}
        return Facts(
            commit.members,
            self.snapshot(),
            NOW,
            chosen._replace(**more),
            tuple(self.operations),
            {**records, **self.replaces},
        )

    def plan(self, commit: Declaration, **more: Any) -> dict[str, Any]:
        return plan(self.facts(commit, **more))

    def do(self, step: dict[str, Any], commit: Declaration) -> None:
        """One step, as its procedure does it."""
        self.clock += 1
        known = {one.host: one for one in hosts_of(PLACES)}
        declared = {one.host: one for one in commit.members}
        names = [step["host"] or step["node_id"]]
        if step["operation"] == "remove_node":
            self._leave(step["node_id"])
        elif step["operation"] == "add_node":
            self._join(known[step["host"]], declared[step["host"]].node_id)
        else:
            by = step["replacement"] or step["host"]
            self._join(known[by], None)
            self.replaces[by] = step["node_id"]
            names += [by] if by != step["host"] else []
            if self.ages_out and step["node_id"] is not None:
                self.nodes.pop(step["node_id"], None)
        row = did(step["operation"], ", ".join(names), ago=10_000 - self.clock)
        self.operations.append({**row, "run_id": f"run-{self.clock}"})

    def _leave(self, leaving: str) -> None:
        if self.ages_out:
            del self.nodes[leaving]
        else:
            self.nodes[leaving] = self.nodes[leaving]._replace(state="Dead")

    def _join(self, host: Host, wanted: Optional[str]) -> None:
        new = wanted or node_id(1000 + self.clock)
        self.nodes[new] = Node(new, f"{host.address}:18182", "Alive", 1)


def hosts_of(places: Any) -> tuple[Host, ...]:
    return tuple(Host(f"db-{place}", address(place)) for place in places)


@st.composite
def models(draw: Draw) -> tuple[Model, Declaration]:
    """A cluster of three to six, and the commit that it is as."""
    places = sorted(draw(st.permutations(PLACES))[: draw(st.integers(3, 6))])
    by_id = draw(st.sets(st.sampled_from(places)))
    nodes = {
        node_id(place): Node(node_id(place), f"{address(place)}:18182", "Alive", 1)
        for place in places
    }
    members = tuple(
        Host(f"db-{place}", address(place), node_id(place) if place in by_id else None)
        for place in places
    )
    free = [place for place in PLACES if place not in places]
    spares = hosts_of(draw(st.lists(st.sampled_from(free), unique=True)) if free else [])
    return Model(nodes, ages_out=draw(st.booleans())), Declaration(members, spares)


@st.composite
def changes(draw: Draw) -> tuple[Model, Declaration, Declaration]:
    """A cluster, the commit that it is as, and another one; up to two nodes have died since."""
    model, before = draw(models())
    kept = draw(st.sets(st.sampled_from(before.members), min_size=1))
    spare_names = {one.host for one in before.spares}
    used = {one.host for one in before.members} | spare_names
    free = [one for one in hosts_of(PLACES) if one.host not in used]
    new = draw(st.lists(st.sampled_from(free), unique=True)) if free else []
    gone = [one for one in before.members if one not in kept]
    pruned = draw(st.sets(st.sampled_from(gone))) if gone else set()
    members = tuple(sorted([*kept, *new]))
    after = Declaration(members, before.spares, tuple(sorted(one.host for one in pruned)))
    for dead in draw(st.sets(st.sampled_from(sorted(model.nodes)), max_size=2)):
        state = model.nodes[dead]._replace(state="Dead")
        model.nodes[dead] = state
    if not any(node.state == "Alive" for node in model.nodes.values()):
        first = min(model.nodes)
        model.nodes[first] = model.nodes[first]._replace(state="Alive")
    return model, before, after


def blocked(found: dict[str, Any]) -> bool:
    return any(step["verdict"] == "blocked" for step in found["steps"])


def apply(model: Model, commit: Declaration) -> list[dict[str, Any]]:
    """Do step by step what is planned anew before each, as long as the guard lets it."""
    done: list[dict[str, Any]] = []
    for _round in range(30):
        found = model.plan(commit)
        assert found["refused"] == []
        if not found["steps"] or found["steps"][0]["verdict"] == "blocked":
            return done
        model.do(found["steps"][0], commit)
        done.append(found["steps"][0])
    raise AssertionError("it never ends")


def whole(found: dict[str, Any]) -> bool:
    """Whether all that is declared is there, or something in its place."""
    return not (found["to_add"] or found["to_replace"] or found["missing"])


@given(changes())
@examples(250)
def test_step_by_step_it_reaches_what_is_declared(
    change: tuple[Model, Declaration, Declaration],
) -> None:
    model, _before, after = change
    foreseen = model.plan(after)["steps"]
    done = apply(model, after)
    found = model.plan(after)
    if found["steps"]:
        assert found["steps"][0]["verdict"] == "blocked"
        # Whatever lives is added before the guard is asked for a node that goes.
        assert found["to_add"] == [] or found["to_replace"]
        return
    assert whole(found)
    assert not [row for row in found["undeclared"] if row["prune"] and row["state"] != "Dead"]
    # What was done is what the first plan said, step by step.
    keys = ("operation", "host", "node_id", "replacement")
    assert [[step[k] for k in keys] for step in done] == [
        [step[k] for k in keys] for step in foreseen
    ]


@given(changes())
@examples(250)
def test_no_state_between_violates_the_guard(
    change: tuple[Model, Declaration, Declaration],
) -> None:
    model, _before, after = change
    steps = model.plan(after)["steps"]
    for step in steps:
        if step["verdict"] == "blocked":
            return
        if step["operation"] == "remove_node":
            now = assess([step["node_id"]], model.snapshot(), SETTINGS.limits)
            assert now.safe, now.blockers
        model.do(step, after)
        alive = [node for node in model.nodes.values() if node.state == "Alive"]
        assert len(alive) >= 3 or not [s for s in steps if s["operation"] == "remove_node"]


@given(changes())
@examples(250)
def test_the_fingerprint_before_each_step_is_foretold(
    change: tuple[Model, Declaration, Declaration],
) -> None:
    model, _before, after = change
    first = model.plan(after)
    for place, step in enumerate(first["steps"]):
        again = model.plan(after, unattended=False)
        bound = plan(model.facts(after)._replace(bound=first))
        assert bound["resume_at"] == place
        assert again["fingerprint"] == step["fingerprint"] or place
        assert bound["refused"] == []
        model.do(step, after)
    last = plan(model.facts(after)._replace(bound=first))
    assert (last["applied"], last["steps"], last["refused"]) == (True, [], [])


@given(changes())
@examples(200)
def test_an_applied_plan_is_empty(change: tuple[Model, Declaration, Declaration]) -> None:
    model, _before, after = change
    for step in model.plan(after)["steps"]:
        model.do(step, after)
    found = model.plan(after)
    assert found["steps"] == []
    assert whole(found)


@given(changes())
@examples(200)
def test_a_revert_plans_the_way_back_and_removes_nothing_unnamed(
    change: tuple[Model, Declaration, Declaration],
) -> None:
    model, before, after = change
    for step in model.plan(after)["steps"]:
        model.do(step, after)
    back = model.plan(before)
    assert [s for s in back["steps"] if s["operation"] == "remove_node"] == []
    for step in back["steps"]:
        model.do(step, before)
    found = model.plan(before)
    assert found["steps"] == []
    assert whole(found)


@given(changes(), st.randoms(use_true_random=False))
@examples(200)
def test_the_order_of_what_is_given_changes_nothing(
    change: tuple[Model, Declaration, Declaration], chance: random.Random
) -> None:
    model, _before, after = change
    known = model.facts(after)

    def mixed(rows: Any) -> tuple[Any, ...]:
        return tuple(chance.sample(list(rows), len(rows)))

    views = [
        View(
            view.url,
            view.status._replace(nodes=mixed(view.status.nodes or ())),
            mixed(
                [s._replace(replica_nodes=mixed(s.replica_nodes or ())) for s in view.shards or ()]
            ),
            view.health,
            mixed(view.details),
        )
        for view in known.snapshot.views
    ]
    places = chance.sample(range(len(views)), len(views))
    other = known._replace(
        declared=mixed(known.declared),
        snapshot=Snapshot(
            tuple(views[place] for place in places),
            tuple(known.snapshot.observers[place] for place in places),
        ),
        settings=known.settings._replace(
            prune=mixed(known.settings.prune), others=mixed(known.settings.others)
        ),
        operations=mixed(known.operations or ()),
        replaces=dict(mixed(list(known.replaces.items()))),
    )
    assert plan(other) == plan(known)


def forgetful(known: Facts) -> list[tuple[str, Facts]]:
    """The same with one thing unknown."""
    first, rest = known.snapshot.views[0], known.snapshot.views[1:]
    observers = known.snapshot.observers

    def seen(view: View) -> Facts:
        return known._replace(snapshot=Snapshot((view, *rest), observers))

    def told(**changed: Any) -> Facts:
        status = first.status._replace(**changed)
        return seen(View(first.url, status, first.shards, first.health, first.details))

    nodes = first.status.nodes or ()
    found = [
        ("nodes", told(nodes=None)),
        ("node_count", told(node_count=None)),
        ("shard_count", told(shard_count=None)),
        ("shards", seen(View(first.url, first.status, None, first.health, first.details))),
        ("operations", known._replace(operations=None)),
        ("replaces", known._replace(replaces={})),
        ("declared", known._replace(declared=())),
    ]
    for place, node in enumerate(nodes):
        others = [*nodes[:place], *nodes[place + 1 :]]
        unsure = node._replace(state=None)
        found.append(("state", told(nodes=(*others, unsure))))
        found.append(("node", told(nodes=tuple(others), node_count=len(others))))
    for place, one in enumerate(observers):
        if len(observers) > 1:
            quiet = silent(one.url)._replace(node_id=one.node_id)
            views = tuple(v for n, v in enumerate(known.snapshot.views) if n != place)
            mixed = (*observers[:place], quiet, *observers[place + 1 :])
            found.append(("observer", known._replace(snapshot=Snapshot(views, mixed))))
    return found


@given(changes(), st.booleans())
@examples(120)
def test_less_knowledge_never_makes_more_steps(
    change: tuple[Model, Declaration, Declaration], unattended: bool
) -> None:
    model, before, after = change
    # Somewhere on the way, so that there is a history.
    for step in model.plan(after)["steps"][:2]:
        model.do(step, after)
    for commit in (before, after):
        known = model.facts(commit, unattended=unattended)
        most = plan(known)
        allowed = {(s["operation"], s["host"], s["node_id"]) for s in most["steps"]}
        for what, less in forgetful(known):
            found = plan(less)
            steps = {(s["operation"], s["host"], s["node_id"]) for s in found["steps"]}
            assert len(steps) <= len(allowed), what
            assert found["refused"] or steps <= allowed, what
            if what not in ("replaces",):
                assert found["refused"] or found["drift"] is not False or what == "node", what


def test_the_model_is_one_that_the_guard_lets_change() -> None:
    """Else the properties above would hold of nothing."""
    nodes = {node_id(p): Node(node_id(p), f"{address(p)}:18182", "Alive", 1) for p in range(1, 5)}
    model = Model(nodes)
    commit = Declaration(hosts_of(range(1, 4)), (), ("db-4",))
    assert [step["operation"] for step in apply(model, commit)] == ["remove_node"]
    assert model.nodes[node_id(4)].state == "Dead"
    assert len(shards(model.nodes.values())) == 4
    assert set(LOCK_HOSTS) <= {f"db-{place}" for place in PLACES}
