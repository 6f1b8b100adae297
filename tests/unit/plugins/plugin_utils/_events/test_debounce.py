"""Changes that last, out of samples that may not."""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.stemedb.cluster.plugins.plugin_utils._events.debounce import (
    LONGEST_GAP,
    Change,
    Debounce,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._events.reading import (
    NODE,
    USUAL,
    VIEWS,
    Reading,
    Subject,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.support.examples import examples

SETTLE = 10.0
N: Subject = (NODE, "n")
M: Subject = (NODE, "m")


def reading(unsure: tuple[Subject, ...] = (), **states: str) -> Reading:
    values = {(NODE, name): state for name, state in states.items()}
    return Reading(values, frozenset({NODE, VIEWS}), frozenset(unsure))


BLIND = Reading({}, frozenset())


def taken(*samples: tuple[float, Reading]) -> list[Change]:
    """The changes of samples at these times, after a beginning in which n and m are Alive."""
    debounce = Debounce(SETTLE)
    begun = reading(n="Alive", m="Alive")
    assert [debounce.take(begun, now) for now in (-20.0, -10.0)] == [[], []]
    return [change for now, one in samples for change in debounce.take(one, now)]


DEAD = reading(n="Dead", m="Alive")
FINE = reading(n="Alive", m="Alive")


def test_what_has_lasted_is_told_once() -> None:
    samples = [(float(now), DEAD) for now in range(0, 40, 5)]
    assert taken(*samples) == [Change(N, "Alive", "Dead", 0.0)]


def test_what_did_not_last_is_not_told() -> None:
    assert taken((0, DEAD), (5, DEAD), (9.9, DEAD), (10, FINE), (15, DEAD), (24, DEAD)) == []


def test_a_single_sample_is_none_however_long_the_pause_was() -> None:
    assert taken((0, DEAD)) == []
    assert taken((0, DEAD), (100, DEAD)) == [Change(N, "Alive", "Dead", 0.0)]


def test_without_a_time_to_settle_it_still_takes_two_samples() -> None:
    debounce = Debounce(0)
    for now in (0.0, 1.0):
        assert debounce.take(FINE, now) == []
    assert debounce.take(DEAD, 2) == []
    assert debounce.take(DEAD, 3) == [Change(N, "Alive", "Dead", 2)]


def test_what_was_before_a_long_gap_says_nothing_of_it() -> None:
    late = 1 + LONGEST_GAP
    assert taken((0, DEAD), (late, DEAD)) == []
    assert taken((0, DEAD), (late, DEAD), (late + 10, DEAD)) == [Change(N, "Alive", "Dead", late)]


def test_a_sample_that_does_not_know_begins_anew() -> None:
    for unknown in (BLIND, reading((N,), m="Alive")):
        samples = [(0, DEAD), (5, unknown), (8, DEAD), (12, DEAD)]
        assert taken(*samples) == []
        assert taken(*samples, (18, DEAD)) == [Change(N, "Alive", "Dead", 8)]


def test_a_node_leaves_and_another_joins() -> None:
    other = reading(n="Alive", x="Suspect")
    assert taken((0, other), (10, other)) == [
        Change((NODE, "x"), "absent", "Suspect", 0),
        Change(M, "Alive", "absent", 0),
    ]


def test_what_the_beginning_finds_is_no_change() -> None:
    debounce = Debounce(SETTLE)
    assert [debounce.take(BLIND, 0), debounce.take(DEAD, 50), debounce.take(DEAD, 60)] == [[]] * 3
    assert debounce.shown == {N: "Dead", M: "Alive"}


def test_what_flaps_in_the_beginning_is_taken_over_later() -> None:
    debounce = Debounce(SETTLE)
    for now, one in ((0, DEAD), (10, FINE), (20, FINE)):
        assert debounce.take(one, now) == []
    assert debounce.shown == {N: "Alive", M: "Alive"}


def test_what_was_amiss_in_the_beginning_only_is_told_when_it_comes_again() -> None:
    debounce = Debounce(SETTLE)
    torn = Reading({(VIEWS, ""): "amiss"}, frozenset({VIEWS}))
    fine = Reading({}, frozenset({VIEWS}))
    for now, one in ((0, torn), (5, fine), (10, fine), (20, torn)):
        assert debounce.take(one, now) == []
    assert debounce.take(torn, 30) == [Change((VIEWS, ""), "fine", "amiss", 20)]


# --- against a naive reading of the whole history ------------------------------------------------

NAMES = ("a", "b")
STATES = ("Alive", "Dead", "absent", "?")


class Sample(NamedTuple):
    now: float
    blind: bool
    states: tuple[str, ...]

    def reading(self) -> Reading:
        if self.blind:
            return BLIND
        named = dict(zip(NAMES, self.states))
        values: dict[Subject, str] = {
            (NODE, name): state for name, state in named.items() if state not in ("absent", "?")
        }
        unsure = frozenset((NODE, name) for name, state in named.items() if state == "?")
        return Reading(values, frozenset({NODE}), unsure)


@st.composite
def histories(draw: st.DrawFn) -> list[Sample]:
    steps = draw(
        st.lists(
            st.tuples(
                st.sampled_from([1.0, 2.0, 5.0, 10.0, 200.0]),
                st.integers(0, 9).map(lambda n: n == 0),
                st.tuples(*[st.sampled_from(STATES)] * len(NAMES)),
            ),
            max_size=40,
        )
    )
    now, samples = 0.0, []
    for step, blind, states in steps:
        now += step
        samples.append(Sample(now, blind, states))
    return samples


def lasted(samples: list[Sample], place: int) -> tuple[str, float] | None:
    """What the sample says, and since when every one said so; None if that has not lasted."""

    def said(at: int) -> str:
        return "?" if samples[at].blind else samples[at].states[place]

    last = len(samples) - 1
    value, begin = said(last), last
    if value == "?":
        return None
    while begin and said(begin - 1) == value:
        if samples[begin].now - samples[begin - 1].now > LONGEST_GAP:
            break
        begin -= 1
    since = samples[begin].now
    return (value, since) if last > begin and samples[last].now - since >= SETTLE else None


@examples(300)
@given(histories())
def test_a_change_has_lasted_in_every_sample_and_is_told_once(samples: list[Sample]) -> None:
    debounce = Debounce(SETTLE)
    reported = dict.fromkeys(NAMES, USUAL[NODE])
    silent = {}
    for count, sample in enumerate(samples, 1):
        changes = {
            change.subject[1]: change for change in debounce.take(sample.reading(), sample.now)
        }
        for place, name in enumerate(NAMES):
            found = lasted(samples[:count], place)
            change = changes.get(name)
            if change:
                assert change.old == reported[name]
                assert found is not None
                assert found[0] == change.new != change.old
                # It may have been so for longer than it has been another way than reported.
                assert found[1] <= change.since <= sample.now - SETTLE
                reported[name] = change.new
            shown = debounce.shown.get((NODE, name), USUAL[NODE])
            if shown != reported[name]:
                # Taken over in the beginning: once, and only what was there.
                assert name not in silent
                silent[name] = shown
                reported[name] = shown
            if found is not None and found[1] > samples[0].now:
                assert reported[name] == found[0], "what lasted was not reported"
        assert len(debounce) <= len(NAMES)
