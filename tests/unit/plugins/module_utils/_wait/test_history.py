"""What a wait saw: bounded, with every change, and since when each thing is unmet."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.module_utils._wait.history import (
    LAST_SAMPLES,
    MOST_ENTRIES,
    MOST_UNMET,
    History,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import Numbers, Unmet

DAWN = 1795403565.0  # 2026-11-23T03:12:45Z

SUSPECT = Unmet("node_alive", "node-04", "is Suspect at http://g", "Node Stuck in Suspect State")
DEAD = SUSPECT._replace(reason="is Dead at http://g", section="")
LEADERLESS = Unmet("leaders_elected", "shard 3", "has no leader")
SILENT = Unmet("complete_view", "http://g", "did not answer")


def noted(*samples: tuple[Unmet, ...]) -> History:
    """One sample each ten seconds."""
    history = History()
    for place, unmet in enumerate(samples):
        history.add(DAWN + 10 * place, 10.0 * place, unmet, ())
    return history


def since(history: History, *unmet: Unmet) -> list[float]:
    return [entry["since_seconds"] for entry in history.unmet(unmet)]


def test_what_is_unmet_is_told_with_its_time_and_section() -> None:
    history = noted((), (SUSPECT,), (SUSPECT,), (DEAD, LEADERLESS))
    assert history.unmet((DEAD, LEADERLESS)) == [
        {
            "condition": "node_alive",
            "subject": "node-04",
            "reason": "is Dead at http://g",
            "since": "2026-11-23T03:12:55Z",
            "since_seconds": 20.0,
            "guide": None,
        },
        {
            "condition": "leaders_elected",
            "subject": "shard 3",
            "reason": "has no leader",
            "since": "2026-11-23T03:13:15Z",
            "since_seconds": 0.0,
            "guide": None,
        },
    ]
    assert history.unmet((SUSPECT,))[0]["guide"] == "Node Stuck in Suspect State"


def test_since_is_kept_while_others_come_and_go() -> None:
    history = noted((LEADERLESS, SUSPECT), (SUSPECT,), (LEADERLESS, DEAD), (SUSPECT,))
    assert since(history, SUSPECT) == [30.0]
    assert since(noted((LEADERLESS, SUSPECT), (SUSPECT,), (LEADERLESS,)), LEADERLESS) == [0.0]


def test_since_begins_again_once_it_was_met() -> None:
    assert since(noted((SUSPECT,), (), (SUSPECT,), (SUSPECT,)), SUSPECT) == [10.0]


def test_the_same_condition_of_another_subject_is_another_thing() -> None:
    other = SUSPECT._replace(subject="node-05")
    assert since(noted((SUSPECT,), (SUSPECT, other)), SUSPECT, other) == [10.0, 0.0]
    another = SUSPECT._replace(condition="node_dead")
    assert since(noted((SUSPECT,), (SUSPECT, another)), another) == [0.0]


def test_a_sample_that_nobody_answered_meets_nothing() -> None:
    history = History()
    history.add(DAWN, 0.0, (SUSPECT,), ())
    history.add(DAWN + 10, 10.0, (SILENT,), (), answered=False)
    assert since(history, SILENT, SUSPECT) == [0.0, 10.0]
    history.add(DAWN + 20, 20.0, (SILENT,), (), answered=False)
    assert since(history, SILENT, SUSPECT) == [10.0, 20.0]
    history.add(DAWN + 30, 30.0, (SUSPECT,), ())
    assert since(history, SUSPECT) == [30.0]
    history.add(DAWN + 40, 40.0, (SILENT,), (), answered=False)
    assert since(history, SILENT) == [0.0]


def test_a_clock_that_is_set_back_does_not_change_what_is_counted() -> None:
    history = History()
    history.add(DAWN, 5.0, (SUSPECT,), ())
    history.add(DAWN - 3600, 15.0, (SUSPECT,), ())
    assert since(history, SUSPECT) == [10.0]


def test_what_was_never_noted_is_unmet_since_now() -> None:
    (entry,) = noted((), ()).unmet((SUSPECT,))
    assert (entry["since"], entry["since_seconds"]) == ("2026-11-23T03:12:55Z", 0.0)


def test_an_entry_tells_one_sample() -> None:
    history = History()
    numbers = Numbers("node_replicated", "node-04", "replicas complete", 5, 8, 13, 40, (3, 11))
    history.add(DAWN, 1.23456, (SUSPECT, LEADERLESS), [numbers])
    history.add(DAWN + 1, 2.0, (), ())
    first, second = history.entries()
    assert first == {
        "time": "2026-11-23T03:12:45Z",
        "elapsed": 1.235,
        "good": False,
        "unmet": [
            "node_alive: node-04 is Suspect at http://g",
            "leaders_elected: shard 3 has no leader",
        ],
        "numbers": [
            {
                "condition": "node_replicated",
                "subject": "node-04",
                "what": "replicas complete",
                "have": 5,
                "goal": 8,
                "bytes_have": 13,
                "bytes_goal": 40,
                "shards": [3, 11],
            }
        ],
    }
    assert (second["good"], second["unmet"], second["numbers"]) == (True, [], [])


def test_an_entry_stays_readable() -> None:
    history = History()
    many = tuple(LEADERLESS._replace(subject=f"shard {n}") for n in range(5000))
    numbers = Numbers(
        "leaders_elected", "cluster", "shards led", 0, 5000, shards=tuple(range(5000))
    )
    history.add(DAWN, 0.0, many, [numbers])
    (entry,) = history.entries()
    assert len(entry["unmet"]) == 6
    assert entry["unmet"][-1] == "and 4995 more"
    assert entry["numbers"][0]["shards"] == list(range(20))
    assert len(history.unmet(many)) == MOST_UNMET == 100


def test_the_last_samples_and_each_change_are_kept() -> None:
    quiet: list[tuple[Unmet, ...]] = [(SUSPECT,)] * 50
    samples = [*quiet, (LEADERLESS,), *quiet, (), *quiet]
    history = noted(*samples)
    assert history.samples == len(samples)
    kept = [entry["elapsed"] / 10 for entry in history.entries()]
    # The first, the change to the shard, and back, the good one, and back; then the last 20.
    assert kept[:-20] == [0, 50, 51, 101, 102]
    assert kept[-20:] == list(range(len(samples) - LAST_SAMPLES, len(samples)))


def test_another_reason_of_the_same_thing_is_no_change() -> None:
    assert len(noted((SUSPECT,), *[(DEAD,)] * 60).entries()) == LAST_SAMPLES + 1


def test_the_oldest_changes_go_first() -> None:
    flapping: list[tuple[Unmet, ...]] = [(SUSPECT,), ()] * 400
    history = noted(*flapping)
    entries = history.entries()
    assert history.samples == 800
    assert len(entries) == MOST_ENTRIES == 200
    assert [entry["elapsed"] for entry in entries] == [10.0 * n for n in range(600, 800)]
