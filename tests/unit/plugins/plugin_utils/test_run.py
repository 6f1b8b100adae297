"""Which run of Ansible this is, and whether another one goes on."""

from __future__ import annotations

import getpass
import multiprocessing
import os
import subprocess
import sys
import uuid
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host import proc
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import OWNER
from ansible_collections.stemedb.cluster.plugins.plugin_utils import _run

ME = _run.owner()


def test_a_run_is_its_main_process_also_in_its_workers() -> None:
    assert ME["pid"] == os.getpid()
    assert ME["process_start"] == proc.start_ticks(os.getpid())
    assert set(ME) == set(OWNER)
    receiver, sender = multiprocessing.Pipe()
    worker = multiprocessing.get_context("fork").Process(target=lambda: sender.send(_run.owner()))
    worker.start()
    worker.join(30)
    assert receiver.poll(10)
    assert receiver.recv() == ME


@pytest.mark.parametrize("key", ["controller", "boot_id", "pid_namespace", "pid", "process_start"])
def test_the_id_of_a_run_is_a_uuid_and_nobody_elses(key: str) -> None:
    assert uuid.UUID(_run.run_id(ME)).version == 5
    assert _run.run_id(dict(ME)) == _run.run_id(ME)
    assert _run.run_id({**ME, key: 1}) != _run.run_id(ME)
    assert _run.run_id({**ME, "user": "somebody"}) == _run.run_id(ME)


def ended() -> dict[str, Any]:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait(30)
    return {**ME, "pid": process.pid, "process_start": 1}


def test_a_run_of_this_controller_goes_on_or_does_not() -> None:
    assert _run.is_running(ME, ME) is True
    assert _run.is_running(ended(), ME) is False
    assert _run.is_running({**ME, "process_start": 1}, ME) is False


@pytest.mark.parametrize("key", ["controller", "boot_id", "pid_namespace"])
def test_of_another_controller_or_start_of_it_nothing_is_known(key: str) -> None:
    assert _run.is_running({**ended(), key: "other"}, ME) is None
    assert _run.is_running({**ended(), key: None}, ME) is None
    assert _run.is_running({**ended(), key: None}, {**ME, key: None}) is None


@pytest.mark.parametrize("wrong", [{"pid": None}, {"pid": "7"}, {"process_start": None}])
def test_of_a_process_that_is_not_told_nothing_is_known(wrong: dict[str, Any]) -> None:
    assert _run.is_running({**ended(), **wrong}, ME) is None


def test_the_user_is_the_person_where_sudo_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "alice")
    assert _run.owner()["user"] == "alice"
    monkeypatch.delenv("SUDO_USER")

    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert _run.owner()["user"] == f"uid {os.getuid()}"
