"""The callback timeline without Ansible around it. By the real command: tests/integration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import context
from ansible_collections.stemedb.cluster.plugins.callback.timeline import CallbackModule

ENTRY = {
    "time": "2026-11-23T03:12:45Z",
    "elapsed": 1.0,
    "stage": "",
    "answered": True,
    "good": True,
    "unmet_count": 0,
    "waiting_for": [],
    "node_count": 1,
    "states": {"n": "Alive"},
    "unfollowed": 0,
    "leaders": {},
    "fewest_good_replicas": 3,
    "worst_shard": 1,
    "replication_factor": 3,
    "bytes_have": None,
    "bytes_goal": None,
}


@pytest.fixture
def callback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CallbackModule]:
    monkeypatch.setattr(context, "CLIARGS", {"check": False})
    made = CallbackModule()
    options = {"dest": str(tmp_path), "metrics_dest": None}
    monkeypatch.setattr(made, "get_option", options.get)
    monkeypatch.setattr(made._display, "display", lambda *_args, **_options: None)
    yield made
    made._finish("aborted")


def begin(callback: CallbackModule, playbook: str) -> None:
    callback.v2_playbook_on_start(SimpleNamespace(_file_name=f"/plays/{playbook}.yml"))


def host() -> SimpleNamespace:
    return SimpleNamespace(get_name=lambda: "localhost")


def waited() -> SimpleNamespace:
    action = "stemedb.cluster.stemedb_wait"
    task = SimpleNamespace(_uuid="u", loop=None, action=action)
    result = {"timeline": [ENTRY], "elapsed": 1.0, "stages": [], "node_names": {}}
    return SimpleNamespace(result=result, host=host(), task=task, task_name="Wait")


def end(callback: CallbackModule) -> None:
    callback.v2_playbook_on_stats(SimpleNamespace(failures={}, dark={}))


def operations(folder: Path) -> list[str]:
    return sorted(
        json.loads(path.read_text("utf-8"))["operation"] for path in folder.glob("*.json")
    )


def test_each_playbook_of_a_command_has_its_report(
    callback: CallbackModule, tmp_path: Path
) -> None:
    for playbook in ("add_node", "heal"):
        begin(callback, playbook)
        callback.v2_runner_on_ok(waited())
        end(callback)
    assert operations(tmp_path) == ["add_node", "heal"]


def test_the_same_playbook_twice_within_a_second_has_two_reports(
    callback: CallbackModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 1795403565.0)
    for _turn in range(3):
        begin(callback, "heal")
        callback.v2_runner_on_ok(waited())
        end(callback)
    assert operations(tmp_path) == ["heal"] * 3


def test_what_a_playbook_left_is_not_of_the_next(callback: CallbackModule, tmp_path: Path) -> None:
    begin(callback, "add_node")
    callback.v2_runner_on_ok(waited())
    task: Any = SimpleNamespace(_uuid="v", action="ansible.builtin.pause", get_name=lambda: "Old")
    callback.v2_runner_on_start(host(), task)
    end(callback)
    begin(callback, "heal")
    callback.v2_runner_on_ok(waited())
    (data,) = tmp_path.glob("heal*.json")
    document = json.loads(data.read_text("utf-8"))
    assert document["outcome"] == "running", "written at once, however long the one before took"
    assert "Old" not in [step["name"] for step in document["steps"]]


def test_each_playbook_says_what_it_could_not_write(
    callback: CallbackModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    options = {"dest": str(tmp_path / "file"), "metrics_dest": None}
    monkeypatch.setattr(callback, "get_option", options.get)
    said: list[str] = []
    monkeypatch.setattr(callback._display, "warning", said.append)
    for playbook in ("add_node", "heal"):
        begin(callback, playbook)
        callback.v2_runner_on_ok(waited())
        end(callback)
    assert len(said) == 2
