"""What a run says in short."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._terminal.story import (
    Story,
    Task,
    clock,
    lasted,
)

LOCK = Task("Ask each lock host", "Take the lock", ours=True, indexed=True, aside=True)
START = Task("Start the service", "Start the node", ours=True, indexed=True)
WRITE = Task("Write the configuration, and its modes", "Start the node", ours=True, indexed=True)
VERIFY = Task("Wait until it is healthy", "Verify the node", ours=True, indexed=True)
BESIDE = Task("Read the cluster", "Plan it", ours=True)
THEIRS = Task("Install a package", "Web servers")
CHANGED = {"changed": True}


def story(procedure: str = "add_node", check: bool = False) -> Story:
    return Story(procedure, check)


def test_a_step_is_a_line_when_it_ends_with_its_time_and_what_it_changed() -> None:
    told = story()
    assert told.task(WRITE, 3) == []
    assert told.done(WRITE, "node-04", CHANGED, 4) == []
    assert told.task(START, 4) == []
    assert told.done(START, "node-04", CHANGED, 9) == []
    assert told.done(START, "node-05", {}, 9) == []
    assert told.task(VERIFY, 66) == [
        "01:06  Start the node                                  63 s",
        "       changed node-04: Write the configuration; Start the service",
    ]
    assert told.end(False, 83) == ["✓ add_node finished in 83 s; changes: node-04 2"]


def test_a_step_of_which_nothing_ran_is_none() -> None:
    told = story()
    told.task(START, 1)
    assert told.task(VERIFY, 2) == []


def test_the_lock_and_what_is_beside_the_index_are_no_steps_unless_they_change_or_wait() -> None:
    told = story()
    told.task(LOCK, 1)
    told.done(LOCK, "node-04", {}, 2)
    assert told.task(BESIDE, 2) == []
    told.done(BESIDE, "localhost", {}, 3)
    assert told.task(START, 3) == []
    told.task(BESIDE, 4)
    told.done(BESIDE, "localhost", {"samples": 3, "elapsed": 2.0}, 6)
    assert [line.split()[1:3] for line in told.task(START, 6)] == [["Plan", "it"]]


def test_the_stages_of_a_wait_are_lines_with_the_guides_time() -> None:
    stages = [
        {"name": "Shards assigned", "elapsed": 9.0, "seconds": 9.0},
        {"name": "Replicas complete", "elapsed": 20.0, "seconds": 11.0},
    ]
    told = story()
    told.task(VERIFY, 50)
    result = {"samples": 9, "elapsed": 20.0, "stages": stages}
    assert told.done(VERIFY, "node-04", result, 70) == [
        "00:59  Shards assigned                                  9 s  "
        "(guide: 30-60 s, 1-2 minutes at times)",
        "01:10  Replicas complete                               11 s",
    ]
    assert told.play(71) == []


def test_a_wait_without_stages_is_one_line() -> None:
    told = story()
    told.task(VERIFY, 50)
    (line,) = told.done(VERIFY, "node-04", {"samples": 3, "elapsed": 4.0}, 54)
    assert line.split("  ")[:2] == ["00:54", "Wait until it is healthy"]


def test_a_step_that_says_that_it_is_well_has_said_enough() -> None:
    told = story("rolling_restart")
    told.task(START, 1)
    told.done(START, "node-01", CHANGED, 2)
    told.done(START, "node-01", {"plan": {"lines": ["✓ node-01 is back"]}}, 3)
    assert told.play(3) == ["       changed node-01: Start the service"]


def test_a_step_that_comes_again_for_another_host_names_it() -> None:
    told = story()
    names = []
    for host in ("node-04", "node-05"):
        told.task(START, 1)
        told.done(START, host, {}, 2)
        names += [line.split("  ")[1] for line in told.play(2)]
    assert names == ["Start the node", "Start the node (node-05)"]


def test_what_a_task_changes_elsewhere_is_that_hosts_change() -> None:
    told = story()
    told.task(START, 0)
    told.done(START, "localhost", CHANGED, 1, where="node-04")
    assert told.end(False, 1)[1:] == [
        "       changed node-04: Start the service",
        "✓ add_node finished in 1 s; changes: node-04 1",
    ]


def test_check_mode_says_what_would_be() -> None:
    told = story(check=True)
    assert told.title() == ["add_node --check: nothing is changed"]
    told.task(START, 0)
    told.done(START, "node-04", CHANGED, 1)
    assert told.end(False, 2)[1:] == [
        "       would change node-04: Start the service",
        "✓ add_node --check finished in 2 s; would change: node-04 1",
    ]
    told = story(check=True)
    told.done(LOCK, "localhost", {}, 1)
    assert told.end(False, 1) == ["✓ add_node --check finished in 1 s; nothing was changed"]


def test_a_failure_is_said_at_the_end_where_nothing_said_it_better() -> None:
    told = story("remove_node")
    told.task(START, 1)
    assert told.failed(START, "localhost", {"msg": "Blocked by x."}, 2) == []
    assert told.end(True, 5) == [
        '✗ remove_node failed after 5 s at "Start the node"; nothing was changed',
        "✗ localhost: Start the service",
        "  Blocked by x.",
    ]


def test_nothing_follows_the_report() -> None:
    told = story()
    told.task(START, 1)
    told.done(START, "node-04", CHANGED, 1)
    assert told.failed(START, "node-04", {"msg": "It ended."}, 2) == [
        "       changed node-04: Start the service"
    ]
    assert told.task(VERIFY, 3) == []
    told.report("localhost", ["", "✗ node-04 was not added. Failed step: Start the service"])
    assert told.reported
    assert told.play(4) == []
    assert told.end(True, 5) == []


def test_what_others_failed_with_follows_the_report_that_tells_of_one() -> None:
    told = story("bootstrap")
    told.task(START, 1)
    for host in ("node-02", "node-01"):
        told.failed(START, host, {"msg": f"The disk of {host} is full."}, 2)
    # What it looked at for the report.
    told.failed(VERIFY, "node-01 -> node-03", {"msg": "No route to host"}, 3)
    told.report("node-01", ["", "✗ bootstrap of node-01 did not finish; it is unknown."])
    assert told.end(True, 5) == [
        "✗ node-02: Start the service",
        "  The disk of node-02 is full.",
        "The command to run again:",
    ]


@pytest.mark.parametrize("host", ["node-02", "localhost"])
def test_a_report_that_names_no_host_tells_of_its_own_or_of_the_first(host: str) -> None:
    told = story("bootstrap")
    told.failed(START, "node-02", {"msg": "It waited."}, 2)
    told.failed(START, "node-03", {"msg": "It waited, too."}, 2)
    told.report(host, ["✗ bootstrap did not finish."])
    assert told.end(True, 5)[:-1] == ["✗ node-03: Start the service", "  It waited, too."]


def test_each_of_several_reports_tells_of_its_host() -> None:
    told = story()
    for host in ("node-04", "node-05"):
        told.failed(START, host, {"msg": "No space"}, 2)
    for host in ("node-04", "node-05"):
        told.report(host, [f"✗ {host} was not added."])
    assert told.end(True, 5) == []


def test_a_report_of_what_failed_nowhere_is_one_too() -> None:
    told = story()
    told.report("localhost", [])
    assert told.end(True, 5) == []


def test_what_other_plays_of_ours_do_follows_the_report() -> None:
    told = story("")
    told.task(START, 1)
    told.failed(START, "node-04", {"msg": "It ended."}, 2)
    told.report("node-04", ["✗ node-04 was not added."])
    assert told.play(3) == []
    told.task(WRITE, 4)
    told.done(WRITE, "web-1", CHANGED, 5)
    assert told.play(6) == ["       changed web-1: Write the configuration"]
    told.task(VERIFY, 7)
    told.done(WRITE, "web-1", CHANGED, 8)
    told.failed(VERIFY, "web-1", {"msg": "It is silent."}, 8)
    assert told.end(True, 9) == [
        "✗ web-1: Wait until it is healthy",
        "  It is silent.",
        "The command to run again:",
    ]


def test_a_run_without_a_task_says_that_nothing_was_checked() -> None:
    assert story("health").end(False, 0.2) == ["! health ran no task: nothing was done or checked"]
    assert story("", check=True).end(False, 0.2) == [
        "! The playbook --check ran no task: nothing was done or checked"
    ]


def test_a_failure_with_a_blank_message_is_told_all_the_same() -> None:
    told = story()
    told.failed(START, "node-04", {"msg": " \n"}, 2)
    (line, _end) = told.end(False, 5)
    assert line.endswith("rescued: it failed without a message")


def test_a_failure_that_was_rescued_is_a_line() -> None:
    told = story()
    told.task(START, 1)
    told.failed(START, "node-04", {"msg": "Not yet."}, 2)
    assert told.end(False, 5)[0] == "! node-04: Start the service, rescued: Not yet."


def test_a_reason_for_which_a_rescue_fails_in_turn_is_said_once() -> None:
    told = story()
    told.task(START, 1)
    for task in (START, dataclasses.replace(START, name="Show the diagnosis")):
        told.failed(task, "localhost", {"msg": "No such folder."}, 2)
    assert told.end(True, 5)[1:] == ["✗ localhost: Start the service", "  No such folder."]


def test_a_failure_that_is_ignored_is_a_line_at_once() -> None:
    told = story()
    result = {"msg": "No route to host"}
    assert told.failed(START, "node-04", result, 2, ignored=True) == [
        "! node-04: Start the service, ignored: No route to host"
    ]
    assert told.end(False, 5) == ["✓ add_node finished in 5 s; nothing was changed"]


def test_what_others_do_is_said_at_once() -> None:
    told = story("")
    assert told.title() == []
    told.task(THEIRS, 1)
    assert told.done(THEIRS, "web-1", CHANGED, 2) == ["00:02  changed web-1: Install a package"]
    assert told.failed(THEIRS, "web-2", {"msg": "No such package"}, 3) == [
        "✗ web-2: Install a package",
        "  No such package",
    ]
    assert told.play(4) == []
    assert told.end(True, 5) == ["✗ The playbook failed after 5 s; changes: web-1 1"]


def test_a_play_of_others_is_a_line_when_it_ends() -> None:
    told = story("")
    told.task(THEIRS, 1)
    told.done(THEIRS, "web-1", {}, 2)
    assert [line.split("  ")[1] for line in told.play(4)] == ["Web servers (web-1)"]


def test_a_run_that_ends_early_says_where_and_what_to_do() -> None:
    told = story()
    told.task(START, 1)
    told.done(START, "node-04", CHANGED, 1)
    assert told.resumes
    assert told.ended_early(9) == [
        "       changed node-04: Start the service",
        '✗ add_node ended early, after 9 s at "Start the node"; changes: node-04 1',
        "What was started on the nodes continues. Run it again: it reads the cluster first.",
    ]
    told.begun(START, "node-05")
    told.begun(dataclasses.replace(START, reads=True), "node-06")
    assert told.ended_early(9)[-3:-1] == [
        '✗ add_node ended early, after 9 s at "Start the node"; changes: node-04 1',
        "! node-05: Start the service: had begun, and may be done",
    ]
    assert not story("").resumes
    assert not story(check=True).resumes


def test_what_has_begun_may_have_changed_something() -> None:
    told = story()
    told.task(START, 1)
    told.begun(START, "node-04")
    assert told.ended_early(9)[0].endswith("; nothing else was changed")
    told.done(START, "node-04", {}, 10)
    assert told.ended_early(11)[0].endswith("; nothing was changed")
    for over in (told.over, lambda host: told.failed(START, f"{host} -> a", {"msg": "No."}, 2)):
        told.begun(START, "node-04")
        over("node-04")
        assert told.ended_early(12)[0].endswith("; nothing was changed")


def test_what_happens_now_is_one_line() -> None:
    told = story()
    told.task(START, 1)
    assert told.now(75) == "01:15  Start the node: Start the service ..."
    told.task(THEIRS, 1)
    assert told.now(75) == "01:15  Install a package ..."


def test_the_guides_time_of_a_procedure_is_at_its_end() -> None:
    told = story("replace_node")
    told.done(VERIFY, "node-04", {}, 220)
    (line,) = told.end(False, 221)
    assert line.startswith("✓ replace_node finished in 3 min 41 s (guide: 5-10 minutes in all);")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (119.4, "119 s"), (120, "2 min 0 s"), (7260, "2 h 1 min")]
)
def test_a_duration(seconds: float, text: str) -> None:
    assert lasted(seconds) == text


def test_a_clock() -> None:
    assert [clock(59.9), clock(61), clock(3661)] == ["00:59", "01:01", "1:01:01"]
