"""docs/docsite/rst/controller.rst says how long the lock of a killed job can last."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/docsite/rst/controller.rst").read_text(encoding="utf-8")


def minutes(role: str, before: str, waits: str) -> float:
    """Those of the lock at its longest: a step, the waits after it, and the slack."""
    folders = [ROOT / "roles" / name for name in (role, "stemedb_lock")]
    found = {
        name: value
        for folder in folders
        for part in ("defaults", "vars")
        for name, value in yaml.safe_load((folder / part / "main.yml").read_text("utf-8")).items()
    }
    names = [before, "_stemedb_lock_slack", *re.findall(r"stemedb_\w+_timeout", found[waits])]
    return sum(float(found[name]) for name in names) / 60


@pytest.mark.parametrize(
    ("role", "before", "sentence"),
    [
        ("add_node", "stemedb_lock_for", "{} minutes for an addition or a replacement"),
        ("remove_node", "stemedb_remove_node_check_timeout", "{} minutes for a removal"),
    ],
)
def test_the_page_has_the_longest_lock(role: str, before: str, sentence: str) -> None:
    longest = minutes(f"stemedb_{role}", before, f"_stemedb_{role}_waits")
    assert sentence.format(f"{longest:g}") in " ".join(PAGE.split())
