"""The action `stemedb_show`: lines for people, apart from the output of callbacks for machines."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from ansible import constants
from ansible.errors import AnsibleError
from ansible_collections.stemedb.cluster.plugins.action.stemedb_show import ActionModule
from ansible_collections.stemedb.cluster.plugins.plugin_utils import _action, _screen
from ansible_collections.stemedb.cluster.plugins.plugin_utils._action import PrintedOnceError
from ansible_collections.stemedb.cluster.plugins.plugin_utils._clock import passed
from ansible_collections.stemedb.cluster.plugins.plugin_utils._page import send
from ansible_collections.stemedb.cluster.tests.support.pager import pager


def run(
    monkeypatch: pytest.MonkeyPatch, args: dict[str, Any], check: bool = True, **variables: Any
) -> tuple[Any, list[Any]]:
    """The result, and each line with whether it went to standard error."""
    shown: list[Any] = []
    display = Mock()
    display.display.side_effect = lambda line, stderr=None, **_more: shown.append((line, stderr))
    monkeypatch.setattr(_action, "_display", display)
    # A name of its own, since `async` is a word of Python.
    task = Mock(args=args, action="stemedb.cluster.stemedb_show", async_val=0, check_mode=check)
    action = ActionModule(
        task=task,
        connection=Mock(),
        play_context=Mock(),
        loader=Mock(),
        templar=Mock(template=lambda value: value),
        shared_loader_obj=Mock(),
    )
    return action.run(task_vars=variables), shown


def refusal(
    monkeypatch: pytest.MonkeyPatch, args: dict[str, Any], **variables: Any
) -> PrintedOnceError:
    with pytest.raises(PrintedOnceError) as caught:
        run(monkeypatch, args, **variables)
    return caught.value


def test_lines_are_printed_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DEFAULT_STDOUT_CALLBACK", "default")
    lines = ["", "│ a3f2b1c4 │", "✓ Cluster is healthy"]
    result, shown = run(monkeypatch, {"lines": lines})
    assert shown == [(line, False) for line in lines]
    assert result["lines"] == lines
    assert result["changed"] is False


def test_what_it_refuses_fails_it_after_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = refusal(monkeypatch, {"lines": ["the plan"], "fail_msg": "too_few_nodes: mend it"})
    assert refused.message == "too_few_nodes: mend it"
    result, _shown = run(monkeypatch, {"lines": [], "fail_msg": ""})
    assert not result.get("failed")


@pytest.mark.parametrize("callback", ["json", "ansible.posix.json", "minimal"])
def test_other_outputs_stay_what_they_are(monkeypatch: pytest.MonkeyPatch, callback: str) -> None:
    monkeypatch.setattr(constants, "DEFAULT_STDOUT_CALLBACK", callback)
    _result, shown = run(monkeypatch, {"lines": ["one"]})
    assert shown == [("one", True)]


def test_a_short_report_is_for_the_callback_that_shows_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(constants, "DEFAULT_STDOUT_CALLBACK", "stemedb.cluster.operation")
    args = {"lines": ["long", "report"], "short": ["short"]}
    # With -v it is the default callback that prints.
    assert run(monkeypatch, args)[1] == [("long", False), ("report", False)]
    _screen.use(_screen.Screen(80, False))
    try:
        assert run(monkeypatch, args)[1] == [("short", None)]
        assert run(monkeypatch, {**args, "short": []})[1] == []
        plan = {"lines": ["long", "plan"], "short": ["plan"]}
        assert run(monkeypatch, {"plan": plan})[1] == [("plan", None)]
        report = {**args, "short": ["✗ add_node did not finish.", "why"]}
        refused = refusal(monkeypatch, {**report, "fail_msg": "see above"})
        assert refused.result["invocation"]["module_args"]["report"] is True
        # Only the failure says why.
        for short in (["the plan"], []):
            refused = refusal(monkeypatch, {**args, "short": short, "fail_msg": "too many"})
            assert refused.result["invocation"]["module_args"]["report"] is False
        refused = refusal(monkeypatch, {"plan": {**plan, "refusal": "too_few_nodes"}})
        assert refused.result["invocation"]["module_args"]["report"] is False
    finally:
        _screen.use(None)


@pytest.mark.parametrize("args", [{}, {"lines": {"no": "list"}}, {"line": ["mistyped"]}])
def test_what_cannot_be_shown_is_refused(
    monkeypatch: pytest.MonkeyPatch, args: dict[str, Any]
) -> None:
    with pytest.raises(AnsibleError):
        run(monkeypatch, args)


def test_a_plan_is_shown_kept_and_refused_in_one_task(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = {"lines": ["To remove: db-04"], "refusal": "", "targets": ["db-04"]}
    before = passed()
    result, shown = run(monkeypatch, {"plan": plan})
    assert [line for line, _elsewhere in shown] == ["To remove: db-04"]
    assert result["plan"] == plan
    assert before <= result["at"] <= passed()
    refused = refusal(monkeypatch, {"plan": {**plan, "refusal": "too_few_nodes"}})
    assert refused.message == "too_few_nodes"
    # What it said above is not said again as JSON: Ansible prints an invocation only with -vvv.
    assert refused.result["invocation"] == {
        "module_args": {"lines": ["To remove: db-04"], "report": False}
    }
    assert "plan" not in refused.result
    with pytest.raises(AnsibleError):
        run(monkeypatch, {"plan": plan, "lines": []})


@pytest.mark.parametrize(
    ("args", "variables", "paged"),
    [
        ({"fail_msg": "storm"}, {}, True),
        ({"fail_msg": "storm", "cause": ["storm: node-02"]}, {}, True),
        ({"fail_msg": "somebody is at work", "cause": []}, {}, False),
        ({"fail_msg": "storm"}, {"stemedb_unattended": ""}, False),
        ({"fail_msg": "storm"}, {"stemedb_page_url": ""}, False),
        ({"fail_msg": ""}, {}, False),
    ],
)
def test_a_refusal_is_paged_where_nobody_watches(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    args: dict[str, Any],
    variables: dict[str, Any],
    paged: bool,
) -> None:
    monkeypatch.setattr(send, "home", lambda: tmp_path)
    with pager() as taken:
        told = {
            "stemedb_unattended": "replace",
            "stemedb_page_url": taken.url,
            "stemedb_cluster_name": "prod",
            **variables,
        }
        with suppress(PrintedOnceError):
            run(monkeypatch, {"lines": ["the plan"], **args}, **told)
    assert len(taken.pages) == paged
    for page in taken.pages:
        assert page["text"] == "StemeDB, prod: storm"
        assert page["cause"] == args.get("cause", ["storm"])
        assert page["lines"] == ["the plan"]
        assert page["source"]


def files(path: Path, content: str = "x 1\n") -> dict[str, Any]:
    return {"lines": [], "files": [{"dest": str(path), "content": content, "mode": "0644"}]}


def test_files_are_written_whole_with_their_mode(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "m.prom"
    for content, changed in (("x 1\n", True), ("x 1\n", False), ("x 2\n", True)):
        os.utime(tmp_path, (0, 0))
        with suppress(FileNotFoundError):
            os.utime(path, (0, 0))
        result, _shown = run(monkeypatch, files(path, content), check=False)
        assert result["changed"] is changed
        assert path.read_text(encoding="utf-8") == content
        assert path.stat().st_mode & 0o777 == 0o644
        assert path.stat().st_mtime > 0, "it is fresh, also if it says the same"
    assert list(tmp_path.iterdir()) == [path]


def test_files_are_written_before_it_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "m.prom"
    with pytest.raises(PrintedOnceError):
        run(monkeypatch, {**files(path), "fail_msg": "not healthy"}, check=False)
    assert path.exists()


def forbidden(*_args: Any, **_more: Any) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_a_file_of_another_user_with_the_same_content_is_placed_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "m.prom"
    run(monkeypatch, files(path), check=False)
    os.utime(path, (0, 0))
    monkeypatch.setattr(os, "utime", forbidden)
    result, _shown = run(monkeypatch, files(path), check=False)
    assert result["changed"] is False
    assert path.read_text(encoding="utf-8") == "x 1\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert path.stat().st_mtime > 0


def test_a_file_of_another_user_in_a_folder_of_his_is_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "m.prom"
    run(monkeypatch, files(path), check=False)
    for name in ("utime", "replace"):
        monkeypatch.setattr(os, name, forbidden)
    refused = refusal(monkeypatch, files(path), check=False)
    assert str(path) in refused.message
    assert "Operation not permitted" in refused.message
    assert "name another file" in refused.message
    assert list(tmp_path.iterdir()) == [path]


def test_in_check_mode_no_file_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result, _shown = run(monkeypatch, files(tmp_path / "m.prom"))
    assert result["changed"] is True
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(PrintedOnceError) as caught:
        run(monkeypatch, files(tmp_path / "missing" / "m.prom"), check=False)
    assert "cannot be used" in str(caught.value)
