"""The actions of the lock's modules: they add whose run this is, and which runs go on.

The rest runs for real, in tests/integration/test_stemedb_lock.py.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.stemedb.cluster.plugins.action import (
    stemedb_lock_info,
    stemedb_operation_lock,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils import _run
from ansible_collections.stemedb.cluster.plugins.plugin_utils._clock import passed
from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock import action as lock_action

ME = _run.owner()


@pytest.fixture
def action(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The action, whose module answers with `said` and is told `asked`."""
    monkeypatch.setattr(ActionBase, "run", lambda *_more: {})
    # These tests may be a job of CI themselves.
    for name in ("GITHUB_RUN_ID", "CI_JOB_URL", "BUILD_URL"):
        monkeypatch.delenv(name, raising=False)
    made: Any = object.__new__(stemedb_operation_lock.ActionModule)
    args = {"action": "renew", "owner": "forged", "run_id": "forged"}
    made._task = SimpleNamespace(args=args, ignore_unreachable=False, delegate_to="lock-02")

    def execute(module_args: dict[str, Any], **_more: Any) -> dict[str, Any]:
        made.asked = module_args
        return dict(made.said)

    made._execute_module = execute
    return made


def answer(action: Any) -> dict[str, Any]:
    """What the action returns, but for when it was asked."""
    before = passed()
    found: dict[str, Any] = action.run()
    assert before <= found.pop("asked_at") <= passed()
    return found


def test_the_module_is_told_whose_run_this_is_whatever_the_task_says(action: Any) -> None:
    action.said = {"held": True, "holder": None, "replaced": None}
    assert answer(action) == action.said
    me = {"owner": ME, "run_id": _run.run_id(ME)}
    assert action.asked == {"action": "renew", "reason": "", **me}


@pytest.mark.parametrize(
    ("given", "reason"), [("its disk fails", "its disk fails"), ("", "job"), (None, "job")]
)
def test_a_reason_that_nobody_gave_is_the_job_that_runs(
    action: Any, monkeypatch: pytest.MonkeyPatch, given: str | None, reason: str
) -> None:
    monkeypatch.setenv("CI_JOB_URL", "job")
    action.said = {"held": True}
    action._task.args["reason"] = given
    answer(action)
    assert action.asked["reason"] == reason


def test_who_only_looks_says_which_run_it_is(action: Any) -> None:
    action.said = {"held": False, "holder": None}
    action._task.args = {"path": "/lock.json", "run_id": "forged"}
    looks: Any = object.__new__(stemedb_lock_info.ActionModule)
    looks.__dict__ = action.__dict__
    assert answer(looks) == action.said
    assert action.asked == {"path": "/lock.json", "run_id": _run.run_id(ME)}


@pytest.mark.parametrize(
    ("owner", "running"),
    [(ME, True), ({**ME, "process_start": 1}, False), ({**ME, "controller": "other"}, None)],
)
def test_a_holder_is_told_to_run_or_not(action: Any, owner: Any, running: bool | None) -> None:
    action.said = {"holder": {"owner": owner}, "replaced": {"owner": owner}}
    found = action.run()
    assert found["holder"]["running"] is running
    assert found["replaced"]["running"] is running


def test_a_failure_stays_as_it_is_unless_many_are_judged_together(action: Any) -> None:
    action.said = {"failed": True, "msg": "no space left"}
    assert answer(action) == action.said
    action._task.ignore_unreachable = True
    assert answer(action) == {"failed": False, "msg": "no space left"}


def test_a_lost_host_gave_no_answer_where_many_are_judged_together(
    action: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 5. It is passed over by nobody: who counts the answers counts it as a no."""
    said: list[str] = []
    monkeypatch.setattr(lock_action, "say", said.extend)
    action._execute_module = Mock(side_effect=AnsibleConnectionFailure("no route"))
    with pytest.raises(AnsibleActionFail, match="lock-02 could not be reached"):
        action.run()
    action._task.ignore_unreachable = True
    assert answer(action) == {
        "changed": False,
        "failed": False,
        "lost": True,
        "msg": "no route",
    }
    assert said == []
    action._task.args = {"action": "release"}
    answer(action)
    assert said == [], "what was taken in vain is told by the refusal"
    action._task.args = {"action": "release", "outcome": "failed"}
    answer(action)
    (sentence,) = said
    assert "was not released on lock-02 (no route)" in sentence


def test_what_cannot_be_sent_is_no_answer_either(action: Any) -> None:
    action._execute_module = Mock(side_effect=AnsibleError("failed to transfer file"))
    with pytest.raises(AnsibleError, match="transfer"):
        action.run()
    action._task.ignore_unreachable = True
    assert answer(action)["msg"] == "failed to transfer file"
