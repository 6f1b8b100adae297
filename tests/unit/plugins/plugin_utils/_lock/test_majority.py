"""The cluster lock: what the answers of its lock hosts come to together."""

from __future__ import annotations

from typing import Any

import pytest
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
    failed,
    lock_hosts,
    unreachable,
)

# --- which hosts ----------------------------------------------------------------------------------

SIX = ["node-06", "node-02", "node-01", "node-05", "node-04", "node-03"]


def test_they_are_the_first_five_members_by_name() -> None:
    five = ["node-01", "node-02", "node-03", "node-04", "node-05"]
    assert hosts_of(SIX) == {"asked": five, "of": 5, "hosts": five, "foreign": []}
    assert hosts_of(SIX[:2]) == {
        "asked": ["node-02", "node-06"],
        "of": 2,
        "hosts": ["node-02", "node-06"],
        "foreign": [],
    }
    assert hosts_of([]) == {"asked": [], "of": 0, "hosts": [], "foreign": []}
    assert hosts_of(None) == {"asked": [], "of": 0, "hosts": [], "foreign": []}


def test_a_target_is_not_asked_and_counts() -> None:
    four = ["node-01", "node-02", "node-04", "node-05"]
    assert hosts_of(SIX, targets=["node-03"]) == {
        "asked": four,
        "of": 5,
        "hosts": sorted(SIX)[:5],
        "foreign": [],
    }
    assert hosts_of(SIX, targets="node-03, node-06")["asked"] == four
    assert hosts_of(SIX, targets=["node-06", "a3f2b1c4"])["of"] == 5


def test_hosts_that_are_named_are_taken_as_they_are() -> None:
    two = ["b", "a"]
    assert hosts_of(SIX, "b, a,b,,") == {"asked": two, "of": 2, "hosts": two, "foreign": two}
    assert hosts_of(SIX, ["x"], targets=["x"])["asked"] == ["x"]
    assert hosts_of(SIX, ["x", SIX[0]])["foreign"] == ["x"]


@pytest.mark.parametrize("of", range(1, 12))
def test_two_majorities_share_a_host(of: int) -> None:
    assert 2 * majority(of) > of
    assert 2 * (majority(of) - 1) <= of, "and it is no more than needed"


# --- may it be taken ------------------------------------------------------------------------------


def looks(hosts: list[LockHost], **more: Any) -> list[dict[str, Any]]:
    return [host.look(**more) for host in hosts]


def held(count: int, of: int = 3, **more: Any) -> list[LockHost]:
    """Lock hosts, on the first of which another run holds the lock."""
    hosts = lock_hosts(of)
    for host in hosts[:count]:
        host.ask("acquire", "OTHER", reason="its disk fails", step="Stop the node", **more)
    return hosts


def test_what_nobody_holds_is_free() -> None:
    assert plan(looks(lock_hosts(3)), 3) == {
        "free": True,
        "sentence": "The lock is free on 3 of 3 lock hosts.",
        "replace": [],
        "left": [],
    }


def test_what_another_holds_is_refused_in_a_sentence_that_says_all() -> None:
    hosts = held(2)
    for host in hosts:
        host.seconds = 10
    found = plan(looks(hosts), 3)
    assert not found["free"]
    assert found["replace"] == []
    assert found["sentence"] == (
        "Another operation changes the cluster: remove_node of node-09 by alice on ctrl-01 (its "
        'disk fails), since 2026-11-23T03:12:45Z, at the step "Stop the node". It holds the lock '
        "on 2 of 3 lock hosts (node-01, node-02); there it expires in 50 s unless it is renewed. "
        "Wait for it; or, if you know that it does not run any more, take over with "
        "-e stemedb_lock_break=OTHER."
    )


@pytest.mark.parametrize(
    ("count", "of", "free"),
    [(1, 3, True), (2, 3, False), (2, 5, True), (3, 5, False), (2, 4, False)],
)
def test_it_is_free_where_more_than_half_can_be_had(count: int, of: int, free: bool) -> None:
    assert plan(looks(held(count, of)), of)["free"] is free


def test_a_run_of_this_controller_that_goes_on_is_named_by_its_process() -> None:
    found = plan(looks(held(3), running=True), 3)
    assert not found["free"]
    assert "It is process 7 of this host." in found["sentence"]


def test_a_run_of_this_controller_whose_process_is_gone_gives_way_and_is_reported() -> None:
    hosts = held(3, leaves=("the service is disabled",))
    hosts[0].seconds, hosts[1].seconds, hosts[2].seconds = 50, 40, 50
    found = plan(looks(hosts, running=False), 3)
    assert found["free"]
    assert found["replace"] == [{"run_id": "OTHER", "why": "process_gone"}]
    assert found["left"] == [
        "An operation before this one did not end: remove_node of node-09 by alice on ctrl-01 "
        "(its disk fails), since 2026-11-23T03:12:45Z.",
        '  It was heard of last 40 s ago; its last step was "Stop the node".',
        "  It may have left behind: the service is disabled",
        "  Its lock is taken over, because its process on this host is gone. Run OTHER.",
    ]


def test_a_run_elsewhere_is_not_taken_for_gone() -> None:
    assert not plan(looks(held(3), running=None), 3)["free"]


def test_what_has_expired_is_free_and_reported() -> None:
    hosts = held(3)
    for host in hosts:
        host.seconds = 60
    found = plan(looks(hosts), 3)
    assert found["free"]
    assert found["replace"] == [{"run_id": "OTHER", "why": "expired"}]
    assert "because its lock has expired" in found["left"][-1]


def test_each_lock_host_goes_by_its_own_clock() -> None:
    hosts = held(3)
    hosts[0].seconds = 60
    assert not plan(looks(hosts), 3)["free"]
    hosts[1].seconds = 60
    assert plan(looks(hosts), 3)["free"]


MINE = hosts_of(["node-01", "node-02", "node-03"])
NEXT = ("held", "replace", "again", "give_back", "lines", "refusal")


def coming(found: dict[str, Any]) -> dict[str, Any]:
    """What is not the ordinary."""
    return {name: found[name] for name in NEXT if found[name]}


def asked(hosts: list[LockHost], running: bool | None = None, **more: Any) -> list[dict[str, Any]]:
    answers = [host.answer("acquire", **more) for host in hosts]
    for answer in answers:
        if answer["holder"]["run_id"] != "ME":
            answer["holder"]["running"] = running
    return answers


def test_what_is_free_is_had_at_once() -> None:
    assert coming(taking(asked(lock_hosts(3)), MINE, tries=2)) == {"held": True}
    two = [*asked(lock_hosts(2)), unreachable("node-03")]
    assert coming(taking(two, MINE, tries=2)) == {"held": True}
    # More than half is enough, whoever has the rest.
    assert coming(taking(asked(held(1)), MINE, tries=2)) == {"held": True}


def test_what_another_holds_is_refused_at_once_and_what_was_taken_is_given_back() -> None:
    found = taking(asked(held(3)), MINE, tries=2)
    assert coming(found) == {"refusal": found["sentence"]}
    found = taking(asked(held(2)), MINE, tries=2)
    assert coming(found) == {"refusal": found["sentence"], "give_back": True}
    assert "It holds the lock on 2 of 3 lock hosts (node-01, node-02)" in found["refusal"]
    # Of one whose answer was lost nobody knows what it did.
    found = taking([*asked(held(3)[:2]), unreachable("node-03")], MINE, tries=2)
    assert coming(found) == {"refusal": found["sentence"], "give_back": True}


def test_who_is_gone_is_shown_and_then_replaced_once() -> None:
    hosts = held(1)
    found = taking(asked(hosts, running=False), MINE, tries=2)
    way = [{"run_id": "OTHER", "why": "process_gone"}]
    assert coming(found) == {"replace": way, "lines": ["", *found["left"]]}
    assert found["tries"] == 2
    replaced = asked(hosts, replace={"OTHER": "process_gone"})
    assert coming(taking(replaced, MINE, replaced=way, tries=2)) == {"held": True}
    # One that died meanwhile: more than half is held, or it is a try in vain.
    assert coming(taking(asked(held(1), running=False), MINE, replaced=way)) == {"held": True}
    found = taking(asked(held(3), running=False), MINE, replaced=way)
    assert not found["held"]
    assert "This run holds the lock on 0 of 3 lock hosts, 2 are needed" in found["refusal"]


def test_a_race_without_a_winner_is_tried_again_as_often_as_it_may() -> None:
    four = hosts_of([f"node-{number:02}" for number in range(1, 5)])
    found = taking(asked(held(2, 4)), four, tries=2)
    assert coming(found) == {"again": True, "give_back": True}
    assert found["tries"] == 1
    found = taking(asked(held(2, 4)), four, tries=0)
    assert coming(found) == {"give_back": True, "refusal": found["sentence"]}


def test_a_lock_that_stands_is_no_race() -> None:
    """As where one lock host cannot be asked because it is the target."""
    hosts = held(1, lease=600.0)
    mine = {**MINE, "asked": MINE["asked"][:2]}
    for seconds, again in ((29, True), (31, False)):
        hosts[0].seconds = seconds
        assert taking(asked(hosts[:2]), mine, tries=2)["again"] is again


def test_what_a_check_shows_and_what_refuses_even_a_check() -> None:
    gone = taking(looks(held(3), running=False), MINE, check=True)
    assert gone["lines"][:-1] == ["", *gone["left"]]
    assert coming({**gone, "lines": []}) == {}
    # A check takes nothing, and refuses only what no run could begin with.
    look = taking(looks(held(3)), MINE, check=True)
    assert look["refusal"] == ""
    assert look["lines"] == [f"No lock is taken by --check. {look['sentence']}"]
    for check in (True, False):
        told = taking(looks(lock_hosts(3)), MINE, outcome="succeeded", check=check)
        assert "stemedb_lock_outcome cannot be set by -e" in told["refusal"]
        away = {**MINE, "foreign": ["ctrl"]}
        assert "names ctrl, which" in taking(looks(lock_hosts(3)), away, check=check)["refusal"]
        assert taking(asked(lock_hosts(3)), away, cluster="prod", check=check)["refusal"] == ""


def test_a_run_that_is_named_gives_way_and_no_other() -> None:
    hosts = held(3)
    found = plan(looks(hosts), 3, "OTHER")
    assert found["free"]
    assert found["replace"] == [{"run_id": "OTHER", "why": "named"}]
    assert "because it was named in stemedb_lock_break" in found["left"][-1]
    found = plan(looks(hosts), 3, "OTHE")
    assert not found["free"]
    assert "stemedb_lock_break names OTHE, which is another run." in found["sentence"]


def test_a_run_that_is_known_to_have_ended_left_nothing() -> None:
    hosts = held(3)
    for host in hosts[:2]:
        host.ask("release", "OTHER", outcome="succeeded")
    hosts[2].seconds = 60  # was not reached when it ended
    found = plan(looks(hosts), 3)
    assert found["free"]
    assert found["left"] == []


def test_what_this_run_holds_already_it_may_take() -> None:
    hosts = lock_hosts(3)
    for host in hosts:
        host.ask("acquire")
    assert plan(looks(hosts), 3)["free"]
    for host in hosts:
        host.seconds = 3600
    found = plan(looks(hosts), 3)
    assert found["free"]
    assert found["left"] == []


# --- hosts that do not answer ---------------------------------------------------------------------


@pytest.mark.parametrize("silent", [unreachable, failed])
def test_who_does_not_answer_counts_against(silent: Any) -> None:
    hosts = lock_hosts(3)
    answers = [*looks(hosts[:2]), silent("node-03")]
    assert plan(answers, 3)["free"]
    answers = [hosts[0].look(), silent("node-02"), silent("node-03")]
    found = plan(answers, 3)
    assert not found["free"]
    assert "1 of 3 lock hosts answered, and 2 are needed" in found["sentence"]
    assert f"node-02: {silent('x')['msg']}; node-03: " in found["sentence"]


def test_who_holds_it_is_told_beside_who_does_not_answer() -> None:
    hosts = held(1)
    found = plan([hosts[0].look(), hosts[1].look(), unreachable("node-03")], 3)
    assert not found["free"]
    assert "remove_node of node-09 by alice" in found["sentence"]
    assert "node-03: Failed to connect" in found["sentence"]


def test_who_is_not_asked_counts_against() -> None:
    hosts = lock_hosts(3)
    assert plan(looks(hosts[:2]), 3)["free"]
    found = plan(looks(hosts[:1]), 2)
    assert not found["free"]
    assert "Only 1 of 2 lock hosts can be asked" in found["sentence"]
    assert "stemedb_lock_hosts" in found["sentence"]


def test_without_lock_hosts_there_is_no_lock() -> None:
    found = plan([], 0)
    assert not found["free"]
    assert "stemedb_nodes" in found["sentence"]
    assert not verdict([], 0)["held"]


@pytest.mark.parametrize("answer", [{"item": "a"}, {"item": "a", "skipped": True}])
def test_an_answer_that_says_nothing_is_none(answer: dict[str, Any]) -> None:
    found = plan([answer], 1)
    assert not found["free"]
    assert "a: it gave no answer" in found["sentence"]


# --- is it held -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "of"), [(2, 3), (3, 3), (3, 5), (3, 4), (1, 1)])
def test_more_than_half_is_enough(count: int, of: int) -> None:
    hosts = lock_hosts(of)
    answers = [host.answer("acquire") for host in hosts[:count]]
    answers += [unreachable(host.name) for host in hosts[count:]]
    found = verdict(answers, of)
    assert found["held"]
    assert not found["again"]
    assert found["sentence"] == f"This run holds the lock on {count} of {of} lock hosts."


def test_one_less_is_not() -> None:
    for count, of in ((1, 3), (2, 4), (2, 5), (1, 2)):
        hosts = lock_hosts(of)
        answers = [host.answer("acquire") for host in hosts[:count]]
        answers += [unreachable(host.name) for host in hosts[count:]]
        assert not verdict(answers, of)["held"]


def test_a_race_without_a_winner_is_worth_another_try() -> None:
    hosts = held(2, 4)
    found = verdict([host.answer("acquire") for host in hosts], 4)
    assert not found["held"]
    assert found["again"]
    assert "2 of 4 lock hosts, 3 are needed" in found["sentence"]
    assert "node-01: it is held by another operation, remove_node" in found["sentence"]


def test_a_race_that_another_has_won_is_not() -> None:
    found = verdict([host.answer("acquire") for host in held(3, 4)], 4)
    assert not found["held"]
    assert not found["again"]


def test_too_few_answers_are_not_worth_another_try() -> None:
    found = verdict([LockHost("a").answer("acquire"), unreachable("b"), unreachable("c")], 3)
    assert not found["held"]
    assert not found["again"]


def test_why_a_lock_was_lost_is_told_for_each_host() -> None:
    hosts = lock_hosts(4)
    for host in hosts[:3]:
        host.ask("acquire")
    hosts[0].seconds = 3600
    hosts[1].seconds = 3600
    hosts[1].ask("acquire", "OTHER", replace={"ME": "expired"})
    hosts[2].ask("break", "OTHER", replace={"ME": "named"})
    answers = [host.answer("renew") for host in hosts[:3]]
    found = verdict([*answers, unreachable("node-04")], 4)
    assert not found["held"]
    for reason in (
        "node-01: it expired 59 min ago and was not renewed in time",
        "node-02: it is held by another operation, remove_node of node-09 by alice on ctrl-01, "
        "run OTHER",
        "node-03: nobody holds it, so it was broken, or never taken",
        "node-04: Failed to connect to the host via ssh",
    ):
        assert reason in found["sentence"]
