"""What all figures are measured with: generated clusters, playbooks, and commands in turns."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Optional

from tests.bench import served
from tests.integration.conftest import BIN, ROOT, Ansible, local_play

SECONDS = 120


class BenchError(Exception):
    """Something that should have been measured did not run."""


class Taken(NamedTuple):
    """What a command took: seconds until its end, CPU seconds and most bytes of its whole tree.

    :param module: most bytes of the processes of modules.
    """

    seconds: float
    cpu: float
    pss: int
    module: int = 0


Sides = tuple[list[Taken], list[Taken]]


def seconds(sides: Sides) -> tuple[list[float], list[float]]:
    """By the clock."""
    return [one.seconds for one in sides[0]], [one.seconds for one in sides[1]]


def cpu_seconds(sides: Sides) -> tuple[list[float], list[float]]:
    """Of all processes together."""
    return [one.cpu for one in sides[0]], [one.cpu for one in sides[1]]


def of_modules(sides: Sides) -> tuple[list[float], list[float]]:
    """The most that the processes of modules had."""
    return [one.module / 2**20 for one in sides[0]], [one.module / 2**20 for one in sides[1]]


def mebibytes(sides: Sides) -> tuple[list[float], list[float]]:
    """The most that all processes had at one time."""
    return [one.pss / 2**20 for one in sides[0]], [one.pss / 2**20 for one in sides[1]]


class Gateways:
    """Gateways of a generated cluster, in a process of their own while the `with` block lasts."""

    def __init__(self, size: served.Size, count: int = 1, nodes_apart: bool = False) -> None:
        flags = ["--nodes-apart"] if nodes_apart else []
        numbers = [str(number) for number in (*size, count)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.server", *numbers, *flags],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        port = self._process.stdout.readline().strip()
        if not port:
            raise BenchError("the server of the generated cluster ended at once")
        self.urls = [f"http://{served.address(place)}:{port}" for place in range(count)]
        self.url = self.urls[0]

    def __enter__(self) -> Gateways:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._process.communicate(timeout=10)  # which ends its standard input, and so itself

    def begin(self, after: Optional[tuple[str, int]] = None) -> None:
        """Forget what was asked.

        :param after: path and count: until so many answers for the path, the cluster is degraded.
        """
        self._ask(json.dumps({"after": after}).encode())

    def counts(self) -> dict[str, int]:
        """The requests of each gateway that was asked."""
        counts: dict[str, dict[str, int]] = self._ask()["counts"]
        return {host: sum(paths.values()) for host, paths in counts.items()}

    def well(self) -> float:
        """Seconds from the first request until all was well."""
        told = self._ask()["well"]
        if told is None:
            raise BenchError("the cluster was to become well and did not")
        return float(told)

    def _ask(self, body: Optional[bytes] = None) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/_bench", body, timeout=10) as answer:
            return dict(json.load(answer))


class _Ansible(Ansible):
    """As for a test, but each module is a Python of its own, as an operator has it.

    The tests fork modules from one that has its imports, which would hide most of their cost.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        variables = folder / "host_vars" / "localhost.yml"
        variables.write_text(f"ansible_python_interpreter: {sys.executable}\n", encoding="utf-8")

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "ANSIBLE_PYTHON_INTERPRETER": sys.executable}


class Bench:
    """Runs commands as a user of the checkout has them.

    :param rounds: how often each figure's two sides are run; None for each figure's own number.
    """

    def __init__(self, folder: Path, rounds: Optional[int] = None) -> None:
        self.folder = folder
        self.ansible: Ansible = _Ansible(folder)
        self._rounds = rounds

    def rounds(self, usual: int) -> int:
        return usual if self._rounds is None else self._rounds

    def playbook(self, *tasks: dict[str, Any], hosts: str = "localhost") -> list[str]:
        """The command that runs these tasks."""
        play = {**local_play(*tasks), "hosts": hosts}
        return [str(BIN / "ansible-playbook"), self.ansible.written([play])]

    def take(
        self,
        command: Sequence[str],
        memory: bool = False,
        env: Optional[Mapping[str, str]] = None,
        seconds: int = SECONDS,
    ) -> Taken:
        """Run a command and measure it.

        :param memory: measure that too, which disturbs the times a little.
        """
        out = self.folder / "taken.json"
        gauge = [sys.executable, "-m", "tests.bench.gauge", str(out), str(seconds)]
        process = subprocess.Popen(
            [*gauge, *(["--pss"] if memory else []), "--", *command],
            cwd=ROOT,
            env={**self._environment(), **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            said, _nothing = process.communicate(timeout=seconds + 60)
        except BaseException:
            process.terminate()  # upon which it ends what it started
            process.wait(60)
            raise
        if process.returncode:
            raise BenchError(
                f"exit status {process.returncode} of {' '.join(command)}\n{said[-3000:]}"
            )
        return Taken(**json.loads(out.read_text(encoding="utf-8")))

    def _environment(self) -> dict[str, str]:
        """As for a test, but without what notes the results of tasks, which takes its time."""
        return {
            name: value
            for name, value in self.ansible.environment().items()
            if "CALLBACK" not in name
        }

    def in_turns(
        self, ours: Sequence[str], peers: Sequence[str], rounds: int, **more: Any
    ) -> Sides:
        """Measure both as often, in turns: whatever else the machine does hits both alike."""
        self.take(ours, **more)  # so that nobody pays for what is made once
        self.take(peers, **more)
        pairs = []
        for number in range(self.rounds(rounds)):
            if number % 2:
                other = self.take(peers, **more)
                pairs.append((self.take(ours, **more), other))
            else:
                mine = self.take(ours, **more)
                pairs.append((mine, self.take(peers, **more)))
        return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
