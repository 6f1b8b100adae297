"""What the guide expects of steps."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation.guide import TIMES

ROOT = Path(__file__).resolve().parents[5]


def test_every_name_is_that_of_a_step_or_a_procedure() -> None:
    texts = "\n".join(path.read_text("utf-8") for path in (ROOT / "roles").rglob("tasks/*.yml"))
    procedures = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    assert [name for name in TIMES if name not in texts and name not in procedures] == []
