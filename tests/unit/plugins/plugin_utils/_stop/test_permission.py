"""Whether a node may be stopped at this moment."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._stop.permission import refusal

ALLOWED = {"passed": True, "node_id": "a3f2b1c4", "permanent": False}


def asked(at: float = 971.0, host: str = "node-03", **plan: Any) -> str:
    judged = {"plan": {**ALLOWED, **plan}, "at": at}
    return refusal(judged, host, "a3f2b1c4", False, ["node-03"], 1000.0)


def test_what_the_guard_has_just_allowed_may_be_stopped() -> None:
    assert asked() == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"passed": False},
        {"passed": "true"},
        {"node_id": "another"},
        {"permanent": True},
        {"at": 970.0},
        {"host": "node-99"},
    ],
)
def test_nothing_else_may(wrong: dict[str, Any]) -> None:
    assert "the guard has not allowed it within the last 30 seconds" in asked(**wrong)


def test_without_an_answer_nothing_may() -> None:
    assert "node-03 is not stopped" in refusal({}, "node-03", "x", False, ["node-03"], 1000.0)
