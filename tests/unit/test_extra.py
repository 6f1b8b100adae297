"""The targets that run side by side in .ci/run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import extra, home, runner


@pytest.mark.parametrize("target", extra.TARGETS)
def test_make_knows_the_target_and_its_options(target: str) -> None:
    job = extra.job(target, extra.TARGETS[target], install=True)
    dry = subprocess.run([*job.command, "--dry-run"], cwd=home.ROOT, capture_output=True, text=True)
    assert dry.returncode == 0, dry.stderr
    assert re.search(rf"scripts\.{target.partition('-')[0]}\b", dry.stdout)
    assert ("--install" in dry.stdout) == bool(extra.TARGETS[target])


def test_each_notes_what_failed_in_a_file_of_its_own(tmp_path: Path) -> None:
    env = {**os.environ, runner.FAILED_ENV: str(tmp_path / "failed")}
    code = "from scripts import runner; runner.note(['one'])"
    subprocess.run([sys.executable, "-c", code], cwd=home.ROOT, env=env, check=True)
    assert (tmp_path / "failed").read_text(encoding="utf-8") == "one\n"
    places = {(job.env or {})[runner.FAILED_ENV] for job in jobs()}
    assert len(places) == len(extra.TARGETS)
    assert str(home.ROOT / "build" / "failed") not in places


def jobs() -> list[runner.Job]:
    return [extra.job(target, options, True) for target, options in extra.TARGETS.items()]
