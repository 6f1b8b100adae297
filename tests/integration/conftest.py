"""What integration tests share: a cluster to ask, and the real commands to ask it with.

    def test_nodes(cluster: DevCluster, ansible: Ansible) -> None:
        run = ansible.module("stemedb_node_info", gateway_url=cluster.urls)
        assert len(run.result["nodes"]) == 3

    def test_play(cluster: DevCluster, ansible: Ansible) -> None:
        run = ansible.playbook("playbooks/health.yml", "-e", f"stemedb_gateway_url={url}")
        assert run.ok, run
        assert run.of("Show the nodes")[0].result["msg"]

Commands run in the checkout with the ansible of this Python, a home of their own and nobody's
settings. A run that prints a warning, or is not done in time, fails the test.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Optional, Union

import pytest
import yaml

from tests.devcluster.cluster import DevCluster
from tests.integration import ansible_imports, forks, module_python
from tests.integration.host_folder import Host, built, empty_host
from tests.support import process_tree

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PLUGINS = Path(__file__).parent / "plugins"
# No operator's controller is in UTC: west of it with one ansible-core, and east with the other.
ZONE = "EST5EDT,M3.2.0,M11.1.0" if sys.version_info < (3, 13) else "JST-9"
KEPT = ("PATH", "TMPDIR", "LD_LIBRARY_PATH")
UNWANTED = ("[WARNING]", "[DEPRECATION WARNING]", "Traceback")
REPORT = "Say what went wrong, what is now and what to do"
# Characters that an operator still reads of a task that failed.
LONGEST = 2000
SECONDS = 300.0
# A file's tests run in one process: those that take long begin first, so that none is left alone.
LONG = (
    "test_reconcile",
    "test_rolling_restart",
    "test_replace_node",
    "test_gitops",
    "test_operation",
    "test_gates_remove_node",
    "test_gates_add_node",
    "test_lock_of_procedures",
    "test_remove_node",
    "test_add_node",
    "test_resume_remove_node",
    "test_resume_add_node",
    "test_bootstrap",
    "test_stemedb_node",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


class Told:
    """Says at once what failed: a run that is ended by its limit has no summary."""

    def __init__(self, terminal: Any) -> None:
        self._terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._terminal.write_line(f"\nFAILED {report.nodeid} ({report.when})")
            self._terminal.write_line(report.longreprtext[-6000:])


def pytest_sessionstart(session: pytest.Session) -> None:
    plugins = session.config.pluginmanager
    terminal = plugins.get_plugin("terminalreporter")
    if terminal is not None:  # a process of pytest-xdist has none
        plugins.register(Told(terminal))


class TaskResult(NamedTuple):
    """How one task fared on one host; `status` is ok, failed, unreachable or skipped."""

    task: str
    host: str
    status: str
    result: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A command that has ended. `str(run)` is what a failing assertion should show."""

    command: Sequence[str]
    rc: int
    stdout: str
    stderr: str
    tasks: list[TaskResult]

    @property
    def ok(self) -> bool:
        return self.rc == 0

    @property
    def result(self) -> dict[str, Any]:
        """The result of the only task on the only host."""
        assert len(self.tasks) == 1, self
        return self.tasks[0].result

    def of(self, task: str) -> list[TaskResult]:
        """The results of the task of this name, one for each host."""
        return [found for found in self.tasks if found.task == task]

    @staticmethod
    def lines_of(shown: TaskResult) -> list[str]:
        """The lines that a task printed, which may have failed after that."""
        result = shown.result
        if shown.status == "failed":
            result = result["invocation"]["module_args"]
        return list(result["lines"])

    def report(self) -> list[str]:
        """The report of a procedure that failed; only one line that says so is printed below it."""
        (shown,) = self.of(REPORT)
        lines = self.lines_of(shown)
        _above, found, below = self.stdout.partition("\n".join(lines))
        assert found, self
        below = below.partition("\nPLAY RECAP ")[0]
        assert re.fullmatch(r"\nfatal: .* did not finish: see the report above\..*\n", below), self
        # Of a wait it does not say again what was printed when that failed. With -v facts are.
        failed = [task.result for task in self.tasks if task.status == "failed" and task != shown]
        told = sentences(failed[-1]) if failed and "-v" not in self.command else []
        # A wait that is continued may end twice with the same message.
        times = [result["msg"] for result in failed if "msg" in result]
        most = times.count(times[-1]) if times else 0
        again = [sentence for sentence in told if self.stdout.count(sentence) > most]
        assert not again, self
        return lines

    def __str__(self) -> str:
        return f"{' '.join(self.command)}\nrc {self.rc}\n{self.stdout}\n{self.stderr}"


def sentences(result: Mapping[str, Any]) -> list[str]:
    """Those of the message of a wait that timed out, as JSON prints them; of another task none."""
    if (result.get("failure") or {}).get("code") != "timeout" or "samples" not in result:
        return []
    message = json.dumps(result["msg"], ensure_ascii=False)[1:-1]
    return [part for part in message.rstrip(".").split(". ") if len(part) > 20]


class Running:
    """A command that runs; what it has printed so far is in `stdout` and `stderr`."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        folder.mkdir()
        self.command = list(command)
        self._paths = {name: folder / name for name in ("stdout", "stderr", "record")}
        with (
            Path(os.devnull).open("rb") as nothing,
            self._paths["stdout"].open("wb") as out,
            self._paths["stderr"].open("wb") as err,
        ):
            self.process = forks.Forked(
                forks.server(*ansible_imports.IMPORTED),
                self.command,
                ROOT,
                {**env, "RECORD_FILE": str(self._paths["record"])},
                (nothing.fileno(), out.fileno(), err.fileno()),
            )

    @property
    def stdout(self) -> str:
        return self._paths["stdout"].read_text(encoding="utf-8")

    @property
    def stderr(self) -> str:
        return self._paths["stderr"].read_text(encoding="utf-8")

    @property
    def tasks(self) -> list[TaskResult]:
        """The results that are there so far."""
        record = self._paths["record"]
        text = record.read_text(encoding="utf-8") if record.exists() else ""
        # Only whole lines: the last one may be in the making.
        return [TaskResult(**json.loads(line)) for line in text.split("\n")[:-1]]

    def has_done(self, task: str) -> bool:
        """Whether a task of this name has a result."""
        return any(found.task == task for found in self.tasks)

    def until(self, seen: Callable[[Running], Any], seconds: float = 200.0) -> None:
        """Wait until something is seen while it runs; it fails if the command ends before."""
        deadline = time.monotonic() + seconds
        while not seen(self):
            assert self.process.poll() is None, f"ended too early\n{self.stdout}\n{self.stderr}"
            assert time.monotonic() < deadline, f"not seen\n{self.stdout}\n{self.stderr}"
            time.sleep(0.05)

    def kill(self) -> None:
        """End the command and what it waits for, as a crash of the controller.

        Ansible's workers have sessions of their own; what has become a daemon goes on.
        """
        if self.process.poll() is None:
            process_tree.kill(self.process.pid)
        self.process.wait()

    def end(self, seconds: float = SECONDS, warnings: bool = False) -> Run:
        """The run, once it has ended.

        :param warnings: whether it may print some.
        """
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"not done after {seconds:g} s: {self.command}\n{self.stdout}{self.stderr}")
        run = Run(self.command, status, self.stdout, self.stderr, self.tasks)
        found = [word for word in UNWANTED if word in run.stdout + run.stderr]
        assert warnings or not found, f"{found} in the output of {run}"
        # With the arguments of a role Ansible itself prints their whole specification.
        failed = [
            line
            for line in run.stdout.splitlines()
            if line.startswith(("fatal:", "failed:")) and '"argument_errors"' not in line
        ]
        assert max(map(len, failed), default=0) <= LONGEST, f"a long line in the output of {run}"
        return run


class Ansible:
    """The commands `ansible`, `ansible-playbook` and friends, as a user in the checkout has them.

    :param folder: for the home and for what each run prints.
    """

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        self._folder = folder
        # Ansible's own Python runs the modules of a localhost that no inventory lists.
        variables = folder / "host_vars" / "localhost.yml"
        variables.parent.mkdir()
        variables.write_text(f"ansible_python_interpreter: {module_python.path()}\n")
        self._count = itertools.count()
        self._running: list[Running] = []

    def module(
        self,
        name: str,
        *flags: str,
        options: Optional[Mapping[str, Any]] = None,
        env: Optional[Mapping[str, str]] = None,
        seconds: float = SECONDS,
        **more_options: Any,
    ) -> Run:
        """`ansible localhost -m NAME`, with the module's options, by name or all in one."""
        told = {**(options or {}), **more_options}
        given = ("-a", json.dumps(told)) if told else ()
        return self.start("ansible", "localhost", "-m", name, *given, *flags, env=env).end(seconds)

    def playbook(
        self,
        plays: Union[str, Path, list[dict[str, Any]]],
        *flags: str,
        env: Optional[Mapping[str, str]] = None,
        seconds: float = SECONDS,
    ) -> Run:
        """`ansible-playbook`, of a file in the checkout or of plays given as data."""
        return self.start("ansible-playbook", self.written(plays), *flags, env=env).end(seconds)

    def tasks(self, *tasks: dict[str, Any], flags: Sequence[str] = (), **play: Any) -> Run:
        """Run tasks on localhost; further keywords are the play's (`vars`, `module_defaults`)."""
        return self.playbook([local_play(*tasks, **play)], *flags)

    def written(self, content: Union[str, Path, list[Any], dict[str, Any]]) -> str:
        """The path of a playbook or an inventory that may be given as data."""
        if isinstance(content, (str, Path)):
            return str(content)
        path = self._folder / f"{next(self._count)}.yml"
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return str(path)

    def start(self, *command: str, env: Optional[Mapping[str, str]] = None) -> Running:
        """Start a command and do not wait for its end."""
        folder = self._folder / f"run-{next(self._count)}"
        program = [str(BIN / command[0]), *command[1:]]
        self._running.append(Running(program, {**self.environment(), **(env or {})}, folder))
        return self._running[-1]

    def environment(self) -> dict[str, str]:
        """A clean one: no setting of whoever runs the tests reaches a command."""
        return {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "TZ": ZONE,
            # Of its own accord Ansible takes the home that the user database knows.
            "ANSIBLE_REMOTE_TMP": str(self.home / ".ansible" / "tmp"),
            # Nobody is reached by ssh here, and the path of its socket would be too long for it.
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=no",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PYTHON_INTERPRETER": module_python.path(),
            "ANSIBLE_CALLBACK_PLUGINS": str(PLUGINS / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "record,quick",
            "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1",  # for `ansible`, which has none otherwise
        }

    def close(self) -> None:
        for running in self._running:
            running.kill()


def local_play(*tasks: dict[str, Any], **play: Any) -> dict[str, Any]:
    """A play on localhost."""
    return {"hosts": "localhost", "gather_facts": False, **play, "tasks": list(tasks)}


@pytest.fixture
def ansible(tmp_path: Path) -> Iterator[Ansible]:
    """The commands; what still runs at the end of the test is ended."""
    folder = tmp_path / "ansible"
    folder.mkdir()
    made = Ansible(folder)
    yield made
    made.close()


@pytest.fixture(scope="module")
def module_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevCluster]:
    """Three nodes, settled, for all tests of a file: take `cluster`."""
    with DevCluster(tmp_path_factory.mktemp("cluster"), time_scale=0.02) as made:
        made.start(3).wait_settled()
        yield made


@pytest.fixture
def cluster(module_cluster: DevCluster) -> DevCluster:
    """Three settled nodes without faults that were asked nothing yet. Do not stop one."""
    for node in module_cluster.running:
        node.clear_faults()
    module_cluster.wait_settled()
    for node in module_cluster.running:
        node.request("DELETE", "/_dev/requests")
    return module_cluster


@pytest.fixture
def make_cluster(tmp_path: Path) -> Iterator[Callable[..., DevCluster]]:
    """Makes clusters of the test's own, not started, with times as short as they can be."""
    made: list[DevCluster] = []

    def make(**options: Any) -> DevCluster:
        folder = tmp_path / f"cluster-{len(made)}"
        made.append(DevCluster(folder, **{"time_scale": 0.02, **options}))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The development node, for hosts that are folders."""
    return built(tmp_path_factory.mktemp("build"))


@pytest.fixture
def fresh(tmp_path: Path, binary: Path) -> Iterator[Host]:
    """A folder that stands for a host on which nothing is."""
    with empty_host(tmp_path / "host", binary) as host:
        yield host
