"""A host lost in the middle of a procedure, for which Ansible runs neither rescue nor always.

Each procedure explains it, gives the lock back, remembers that it failed, changes nothing more.
The hosts here are reached by a program that stands for ssh, until a file says that they are lost.
"""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Ansible, Run
from tests.integration.inventories import SECRET, Host, Site, ended, four_members
from tests.integration.operated import Operator

# The other tests show on both versions of Ansible how it counts a host that is lost.
NOT_ON_BOTH = pytest.mark.skipif(sys.version_info >= (3, 13), reason="2.19 shows it")
SSH = """#!/bin/sh
if [ -e "{mark}" ]; then echo "ssh: connect to host: No route to host" >&2; exit 255; fi
for last; do :; done
exec /bin/sh -c "$last"
"""


class Line:
    """The way to a host, which is cut once a file is there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.mark = folder / "lost"
        self._program = folder / "ssh"
        self._program.write_text(SSH.format(mark=self.mark), encoding="utf-8")
        self._program.chmod(0o755)
        self.variables = {
            "ansible_connection": "ssh",
            "ansible_ssh_executable": str(self._program),
            "ansible_ssh_transfer_method": "piped",
            "ansible_ssh_retries": 0,
        }

    def hook(self, asks: str = "") -> str:
        """A file of tasks that cut it, and then do something on a host."""
        touch = {"path": str(self.mark), "state": "touch", "mode": "0644"}
        task = {
            "name": "Lose the host",
            "ansible.builtin.file": touch,
            "delegate_to": "localhost",
            "vars": {"ansible_connection": "local"},
        }
        return self.tasks(task, *([asked(asks)] if asks else []))

    def tasks(self, *tasks: dict[str, Any]) -> str:
        """A file of tasks."""
        path = self.mark.parent / f"{len(list(self.mark.parent.iterdir()))}.yml"
        path.write_text(json.dumps(tasks), encoding="utf-8")
        return str(path)


def asked(host: str, **more: Any) -> dict[str, Any]:
    """A task of a user that asks another host, such as a load balancer."""
    task = {"name": "Drain", "ansible.builtin.command": {"cmd": "true"}, "changed_when": False}
    return {**task, "delegate_to": host, **more}


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path / "line")


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Six members."""
    folder = tmp_path_factory.mktemp("lost")
    with DevCluster(folder / "cluster", api_key=SECRET, time_scale=0.02) as cluster:
        cluster.start(6).wait_settled()
        operator = Operator(cluster, folder)
        operator.settings["stemedb_node_user"] = getpass.getuser()
        yield operator


@pytest.fixture(autouse=True)
def nothing_told(request: pytest.FixtureRequest) -> Iterator[None]:
    """What one test tells of the hosts is not told in the next."""
    yield
    if "operator" in request.fixturenames:
        operator = request.getfixturevalue("operator")
        operator.told.clear()
        operator.settings.pop("stemedb_control_host", None)


def play(operator: Operator, ansible: Ansible, playbook: str, **told: Any) -> Run:
    # What is lost may be warned of, in Ansible's own words.
    return ended(operator.start(ansible, playbook, **told), warnings=True)


def explained(run: Run, host: str) -> str:
    """The report of a run that failed, in which the host is named."""
    assert run.rc != 0, run
    text = "\n".join(run.report())
    assert host in text, text
    return text


def test_no_other_node_is_stopped_once_the_host_of_one_is_lost(
    operator: Operator, ansible: Ansible, line: Line
) -> None:
    first = operator.cluster.node(2)
    assert first.process
    for number in range(6):  # zone by zone, so that node-2 is the first
        operator.told[f"node-{number}"] = {"stemedb_node_zone": f"zone-{(number - 2) % 6}"}
    operator.told["node-2"].update(
        line.variables, stemedb_node_stop_command=f"kill {first.process.pid}; touch {line.mark}"
    )
    run = play(operator, ansible, "rolling_restart", stemedb_target="node-2,node-3,node-4")
    running = [node.running for node in operator.cluster.nodes]
    assert running == [True, True, False, True, True, True], run
    assert "did not finish" in explained(run, "node-2")
    assert operator.operations()[-1] == ("rolling_restart", "failed")
    first.restart()
    operator.cluster.wait_settled()


@pytest.mark.parametrize("who", ["target", "control", pytest.param("balancer", marks=NOT_ON_BOTH)])
def test_a_removal_that_loses_a_host_before_the_stop_explains_itself(
    operator: Operator, ansible: Ansible, line: Line, who: str
) -> None:
    lost = "node-3" if who == "target" else "node-0"
    balancer = lost if who == "balancer" else ""
    operator.told[lost] = line.variables
    if who == "control":
        operator.settings["stemedb_control_host"] = lost
    run = play(
        operator,
        ansible,
        "remove_node",
        stemedb_target="node-3",
        stemedb_confirm="node-3",
        stemedb_stop_timeout=2,
        stemedb_before_stop_tasks=line.hook(asks=balancer),
    )
    explained(run, "stemedb_before_stop_tasks" if balancer else lost)
    assert operator.cluster.node(3).running
    assert operator.operations()[-1] == ("remove_node", "failed")


def test_a_hook_whose_host_is_lost_fails_its_step(ansible: Ansible, line: Line) -> None:
    """What it says to be left out is, what fails otherwise keeps its words.

    A file that cannot be read fails it too.
    """
    line.mark.touch()
    skips = asked("balancer", ignore_unreachable=True, any_errors_fatal=False)
    fails = {"ansible.builtin.command": {"cmd": "sh -c 'echo it is full >&2; exit 3'"}}
    files = [line.tasks(skips), line.tasks({"name": "Ask", **fails}), line.tasks(asked("balancer"))]
    files.append(f"{files[0]}.away")
    include = {"name": "stemedb.cluster.stemedb_stop", "tasks_from": "hook.yml"}
    blocks = [
        {
            "vars": {"hook_name": "stemedb_before_stop_tasks", "hook_file": file},
            "block": [
                {"ansible.builtin.include_role": include},
                {"name": "Stop", "ansible.builtin.debug": {"msg": file}},
            ],
            "rescue": [{"name": "Tell", "ansible.builtin.debug": {"var": "ansible_failed_result"}}],
        }
        for file in files
    ]
    hosts = {"balancer": line.variables, "localhost": {"ansible_connection": "local"}}
    running = ansible.start(
        "ansible-playbook",
        ansible.written([{"hosts": "localhost", "gather_facts": False, "tasks": blocks}]),
        "-i",
        ansible.written({"all": {"hosts": hosts}}),
    )
    run = running.end(warnings=True)
    assert [found.result["msg"] for found in run.of("Stop")] == files[:1], run
    failed, lost, away = (found.result["ansible_failed_result"]["msg"] for found in run.of("Tell"))
    assert failed.startswith(f"stemedb_before_stop_tasks ({files[1]}) failed: Ask: "), run
    assert "it is full" in failed
    for said, file in ((lost, files[2]), (away, files[3])):
        start = f"stemedb_before_stop_tasks ({file}) failed: a host that one of its tasks needs"
        assert said.startswith(start), run


@NOT_ON_BOTH
def test_a_healing_whose_control_host_is_lost_explains_itself(
    operator: Operator, ansible: Ansible, line: Line
) -> None:
    operator.told["node-0"] = line.variables
    operator.settings["stemedb_control_host"] = "node-0"
    running = operator.start(ansible, "heal", stemedb_heal_force=True)
    running.until(lambda seen: "Wait until all nodes are Alive in all views]" in seen.stdout)
    line.mark.touch()
    run = ended(running, warnings=True)
    explained(run, "node-0")
    assert operator.operations()[-1] == ("heal", "failed")


@NOT_ON_BOTH
def test_no_other_node_is_added_once_a_host_is_lost(
    tmp_path: Path, ansible: Ansible, line: Line
) -> None:
    with DevCluster(tmp_path / "cluster", api_key=SECRET, time_scale=0.02) as cluster:
        cluster.start(3).wait_settled()
        with closing(Site(cluster, tmp_path / "hosts")) as site:
            lost, other = site.host("node-04", **cut_by_a_template(line)), site.host("node-05")
            run = ended(site.start(ansible, "add_node", stemedb_max_changes=2), warnings=True)
            explained(run, "node-04")
            assert not has_run(lost)
            assert not has_run(other), run
            assert site.operations()[-1] == ("add_node", "node-04, node-05", "failed")


@NOT_ON_BOTH
def test_no_node_of_a_new_cluster_is_started_once_a_host_is_lost(
    tmp_path: Path, ansible: Ansible, line: Line
) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    with four_members(folder, count=3) as site:
        site.hosts[1].variables.update(cut_by_a_template(line))
        groups = {"stemedb_nodes": site.hosts}
        run = ended(site.start(ansible, "bootstrap", groups=groups), warnings=True)
        explained(run, "node-02")
        assert [host.name for host in site.hosts if has_run(host)] == [], run
        operation, _target, outcome = site.operations("node-01")[-1]
        assert (operation, outcome) == ("bootstrap", "failed")


@NOT_ON_BOTH
def test_a_replacement_whose_host_is_lost_explains_itself(
    tmp_path: Path, ansible: Ansible, line: Line
) -> None:
    with DevCluster(tmp_path / "cluster", api_key=SECRET, time_scale=0.02, age_out=600) as cluster:
        cluster.start(4).wait_settled()
        dead = cluster.node(3)
        dead.kill()
        cluster.wait_until(
            lambda: all(one.states()[dead.node_id] == "Dead" for one in cluster.running), "Dead"
        )
        with closing(Site(cluster, tmp_path / "hosts")) as site:
            spare = site.host("spare", **cut_by_a_template(line))
            site.settings["stemedb_spares"] = ["spare"]
            target, groups = dead.node_id, {"others": [spare]}
            running = site.start(ansible, "replace_node", groups=groups, stemedb_target=target)
            run = ended(running, warnings=True)
            explained(run, "spare")
            assert not has_run(spare), run
            operation, _target, outcome = site.operations()[-1]
            assert (operation, outcome) == ("replace_node", "failed")
            mutating = [one for node in cluster.running for one in node.requests()["mutating"]]
            assert mutating == []


def cut_by_a_template(line: Line) -> dict[str, Any]:
    """A host whose line is cut as its configuration is rendered, by a task of Ansible's own."""
    path = line.mark.parent / "node.toml.j2"
    path.write_text(
        f"{{% set cut = lookup('ansible.builtin.pipe', 'touch {line.mark}') %}}\n",
        encoding="utf-8",
    )
    return {**line.variables, "stemedb_node_config_template": str(path)}


def has_run(host: Host) -> bool:
    return (host.folder / "run").exists()


@NOT_ON_BOTH
def test_a_second_procedure_of_the_same_run_is_remembered_by_its_own_outcome(
    operator: Operator, ansible: Ansible
) -> None:
    """The first one succeeds, the second is refused."""
    books = [
        {"ansible.builtin.import_playbook": "stemedb.cluster.heal"},
        {"ansible.builtin.import_playbook": "stemedb.cluster.remove_node"},
    ]
    run = operator.play(
        ansible,
        ansible.written(books),
        stemedb_heal_force=True,
        stemedb_target="node-3",
        stemedb_confirm="node-3",
        stemedb_min_live_replicas=4,
    )
    assert run.rc == 2, run
    assert operator.operations()[-2:] == [("heal", "succeeded"), ("remove_node", "failed")], run
