"""What the procedures cost: tasks, CPU and time, beside those of an earlier commit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.running import ROOT, Bench, BenchError
from tests.bench.sums import Row, compared, most_row, ratio_row

# Before the procedures were made of fewer tasks.
BEFORE = "f86e14e"
CPU_BOUND = 0.45
# The most tasks that the demo may run of each.
TASKS = {
    "bootstrap": 60,
    "add_node": 70,
    "remove_node": 40,
    "replace_node": 110,
    "rolling_restart": 75,
}
_PLUGINS = ROOT / "tests" / "bench" / "plugins" / "callback"

Tally = dict[str, dict[str, float]]


def procedures(bench: Bench) -> list[Row]:
    """The demo of this commit and of an earlier one, in turns; tasks are the same each time."""
    ours: list[Tally] = []
    before: list[Tally] = []
    with TemporaryDirectory() as folder:
        earlier = Path(folder, "before")
        _git("worktree", "add", "--detach", str(earlier), BEFORE)
        try:
            for _round in range(bench.rounds(1)):
                before.append(_demo(earlier))
                ours.append(_demo(ROOT))
        finally:
            _git("worktree", "remove", "--force", str(earlier))
    return [row for name, most in TASKS.items() for row in _rows(name, most, ours, before)]


def _rows(name: str, most: int, ours: list[Tally], before: list[Tally]) -> list[Row]:
    def of(key: str) -> tuple[list[float], list[float]]:
        return [one[name][key] for one in ours], [one[name][key] for one in before]

    tasks, earlier = of("tasks")
    seconds, waited = of("seconds"), of("waited")
    beyond = [[a - b for a, b in zip(*pair)] for pair in zip(seconds, waited)]
    return [
        most_row(f"{name}: tasks", tasks, f"commit {BEFORE}", f"{earlier[0]:.0f}", most),
        ratio_row("— CPU of all processes", "the same", compared(*of("cpu")), CPU_BOUND),
        ratio_row("— by the clock", "the same", compared(*seconds)),
        ratio_row("— beyond its waits for the cluster", "the same", compared(*beyond)),
    ]


def _demo(checkout: Path) -> Tally:
    """Run the whole demo of a checkout, and read what each playbook took."""
    with TemporaryDirectory() as folder:
        env = {
            **os.environ,
            "ANSIBLE_CALLBACK_PLUGINS": str(_PLUGINS),
            "ANSIBLE_CALLBACKS_ENABLED": "tally",
            "STEMEDB_TALLY": folder,
        }
        done = subprocess.run(
            [sys.executable, "scripts/demo.py"],
            cwd=checkout,
            env=env,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        if done.returncode != 0:
            raise BenchError(f"the demo of {checkout.name} failed:\n{done.stdout[-2000:]}")
        found = {path.stem: json.loads(path.read_text()) for path in Path(folder).glob("*.json")}
    return {name: found[name] for name in TASKS}


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True)
