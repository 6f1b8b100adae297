"""Whether a node has its turn."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._rolling_restart.turn import turn

NEEDED: dict[str, Any] = {"found": {"targets": [{"host": "a"}], "done": []}}
DONE: dict[str, Any] = {"found": {"targets": [], "done": [{"host": "a", "why": "started today"}]}}


@pytest.mark.parametrize(
    ("ended", "rechecked", "check", "state", "why"),
    [
        ("", NEEDED, False, "begun", ""),
        ("", NEEDED, True, "planned", ""),
        ("", DONE, False, "skipped", "started today"),
        ("/tmp/end is there", NEEDED, False, "left", "/tmp/end is there"),
        ("/tmp/end is there", None, False, "left", "/tmp/end is there"),
    ],
)
def test_its_turn(ended: str, rechecked: Any, check: bool, state: str, why: str) -> None:
    assert turn(ended, rechecked, check) == {"state": state, "why": why}


def test_one_that_was_not_looked_at_again_is_left_with_a_reason() -> None:
    """What ended the run may be gone by now: once ended it stays ended."""
    found = turn("", None, False)
    assert (found["state"], bool(found["why"])) == ("left", True)
