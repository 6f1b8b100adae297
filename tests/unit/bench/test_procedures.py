"""What the procedures cost: the rows that are made of two demos."""

from __future__ import annotations

from tests.bench import procedures


def test_each_procedure_has_its_tasks_and_its_cpu_beside_those_of_before() -> None:
    ours = {name: {"tasks": 39, "cpu": 20.0, "seconds": 90.0} for name in procedures.TASKS}
    before = {name: {"tasks": 156, "cpu": 50.0, "seconds": 150.0} for name in procedures.TASKS}
    tasks, cpu, clock = procedures._rows("remove_node", 40, [ours], [before])
    assert (tasks.figure, tasks.peers, tasks.met) == ("39", "156", True)
    assert (cpu.figure, cpu.met) == ("0.40 x", True)
    assert (clock.figure, clock.met) == ("0.60 x", None)
    more = {**ours, "remove_node": {**ours["remove_node"], "tasks": 41}}
    assert procedures._rows("remove_node", 40, [more], [before])[0].met is False
