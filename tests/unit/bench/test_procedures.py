"""What the procedures cost: the rows that are made of two demos."""

from __future__ import annotations

from tests.bench import procedures


def test_each_procedure_has_its_tasks_and_its_cpu_beside_those_of_before() -> None:
    now = {"tasks": 39.0, "cpu": 20.0, "seconds": 90.0, "waited": 70.0}
    then = {"tasks": 156.0, "cpu": 50.0, "seconds": 150.0, "waited": 70.0}
    ours = dict.fromkeys(procedures.TASKS, now)
    before = dict.fromkeys(procedures.TASKS, then)
    tasks, cpu, clock, beyond = procedures._rows("remove_node", 40, [ours], [before])
    assert (tasks.figure, tasks.peers, tasks.met) == ("39", "156", True)
    assert (cpu.figure, cpu.met) == ("0.40 x", True)
    assert (clock.figure, clock.met) == ("0.60 x", None)
    assert (beyond.figure, beyond.met) == ("0.25 x", None)
    more = {**ours, "remove_node": {**now, "tasks": 41.0}}
    assert procedures._rows("remove_node", 40, [more], [before])[0].met is False
