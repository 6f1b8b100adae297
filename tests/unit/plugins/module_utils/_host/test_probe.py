"""Facts about a host: sections stand alone, bad input is a sentence."""

from __future__ import annotations

import os
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host import (
    kernel,
    net,
    processes,
    units,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._host import probe as module

SECTIONS = (
    "ports",
    "urls",
    "addresses",
    "free_space",
    "user",
    "files",
    "node_id_file",
    "replaces_file",
    "data_dir_file",
    "data_dir",
    "sysctls",
    "binary",
    "config",
    "service",
    "log",
    "node_processes",
    "node_units",
    "texts",
)
# Of the options of stemedb_host_info, those that are not null by default.
DEFAULTS: dict[str, Any] = {
    **{name: [] for name in ("ports", "urls", "addresses", "paths", "files", "sysctls")},
    **{name: [] for name in ("find_nodes", "texts")},
    "validate_certs": True,
    "config_keys": ["cluster_name", "seed_nodes", "gateway_port", "rpc_port", "gossip_port"],
    "log_patterns": {},
    "log_lines": 20,
}
FILES = ("node_id_file", "replaces_file", "data_dir_file", "data_dir", "binary", "config")
OTHERS = ("ca_path", "user", *FILES)


def params(**given: Any) -> dict[str, Any]:
    unset = dict.fromkeys((*OTHERS, "service", "log_since"))
    return {**unset, **DEFAULTS, "timeout": 0.3, **given}


def probe(**given: Any) -> dict[str, Any]:
    options = params(**given)
    return module.probe(options, module.check_options(options))


def service(tmp_path: Path, **more: Any) -> dict[str, Any]:
    """A service whose commands say that this process is it."""
    status = tmp_path / "status"
    status.write_text(f"#!/bin/sh\necho pid {os.getpid()}\n")
    log = tmp_path / "log"
    log.write_text('#!/bin/sh\necho "since $1"\necho ERROR one\n')
    for path in (status, log):
        path.chmod(0o755)
    commands = {"status_command": str(status), "log_command": f"{log} {{since}}"}
    return {"name": "node", "manager": "command", **commands, **more}


def test_what_was_not_asked_for_is_null_and_no_error() -> None:
    result = probe()
    assert {name: result[name] for name in SECTIONS} == dict.fromkeys(SECTIONS)
    assert result["errors"] == []
    assert abs(result["clock"] - time.time()) < 5
    with open("/proc/uptime", encoding="ascii") as stream:
        uptime = float(stream.read().split()[0])
    assert abs(result["clock"] - result["booted_at"] - uptime) < 5


def test_everything_at_once(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text('cluster_name = "prod"\nkey = "secret"\n')
    (tmp_path / "node_id").write_text("a3f2b1c4\n")
    (tmp_path / "data_dir").write_text("/data\n")
    (tmp_path / "replaces").write_text("b7c9d0e1\n")
    result = probe(
        ports=[{"host": "127.0.0.1", "port": 1, "protocol": "any"}],
        urls=["http://127.0.0.1:1/"],
        addresses=["192.0.0.9:18182"],
        paths=[str(tmp_path)],
        user="root",
        files=[str(tmp_path / "node_id")],
        node_id_file=str(tmp_path / "node_id"),
        replaces_file=str(tmp_path / "replaces"),
        data_dir_file=str(tmp_path / "data_dir"),
        data_dir=str(tmp_path),
        sysctls=["fs.nr_open"],
        binary=str(tmp_path / "no binary"),
        config=str(tmp_path / "node.toml"),
        service=service(tmp_path),
        log_since=1700000000.5,
        log_patterns={"error": "ERROR"},
        find_nodes=["no-such-program"],
        texts=[{"path": str(tmp_path / "node.toml"), "kind": "settings"}],
    )
    assert result["errors"] == []
    assert [name for name in SECTIONS if result[name] is None] == []
    assert result["ports"][0]["state"] == "closed"
    assert result["urls"][0]["reachable"] is False
    assert result["addresses"] == [{"address": "192.0.0.9:18182", "own": False}]
    assert result["node_id_file"]["node_id"] == "a3f2b1c4"
    assert result["replaces_file"]["node_id"] == "b7c9d0e1"
    assert result["data_dir_file"]["data_dir"] == "/data"
    assert int(result["sysctls"]["fs.nr_open"]) > 0
    assert result["binary"]["exists"] is False
    assert result["config"]["settings"] == {"cluster_name": "prod"}
    assert result["service"]["pid"] == os.getpid()
    assert result["log"]["lines"] == ["since 1700000000", "ERROR one"]
    assert result["log"]["matches"]["error"]["count"] == 1
    # What the service says it is is looked at, whatever it is called.
    assert os.getpid() in [one["pid"] for one in result["node_processes"]]
    assert result["texts"][0]["text"] == 'cluster_name = "prod"\nkey = (hidden)\n'


def test_a_section_that_cannot_be_read_is_null_with_the_reason_and_hurts_no_other(
    tmp_path: Path,
) -> None:
    (tmp_path / "node_id").touch()
    (tmp_path / "node.toml").write_text("no toml")
    result = probe(
        urls=["https://127.0.0.1:1/"],
        ca_path=str(tmp_path / "missing.pem"),
        paths=[str(tmp_path)],
        node_id_file=str(tmp_path / "node_id"),
        data_dir_file=str(tmp_path / "node_id"),
        data_dir=str(tmp_path / "node_id"),
        sysctls=["fs.no_such_setting", "fs.nr_open"],
        binary=str(tmp_path),
        config=str(tmp_path / "node.toml"),
        service=service(tmp_path, status_command="/no/such/command", log_command=None),
        log_since=1.0,
    )
    unread = ["urls", "node_id_file", "data_dir_file", "data_dir", "config", "binary"]
    unread += ["service", "log"]
    found = [error["section"] for error in result["errors"]]
    assert found == [*unread[:6], "sysctls", *unread[6:]]
    assert [result[name] for name in unread] == [None] * len(unread)
    assert all(error["message"] for error in result["errors"])
    assert result["free_space"][0]["free_bytes"] > 0
    # Of a section of settings only the one that is not there is unknown.
    assert result["sysctls"]["fs.no_such_setting"] is None
    assert result["sysctls"]["fs.nr_open"]


def test_certificates_are_read_only_for_a_url_that_needs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    given = net.tls_context

    def context(*said: Any) -> ssl.SSLContext:
        asked.append(said)
        return given(*said)

    monkeypatch.setattr(net, "tls_context", context)
    for url in ("http://127.0.0.1:1/", "HTTPS://127.0.0.1:1/"):
        probe(urls=[url])
    probe()
    assert asked == [(False, None), (True, None), (False, None)]


def test_units_are_those_that_run_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[set[str]] = []
    ours = {"unit": "a.service", "user_manager": False, "contained": None}
    found = [
        ours,
        {**ours, "unit": "b.service", "user_manager": True},
        {**ours, "unit": "c.service", "contained": True},
        {**ours, "unit": None},
    ]
    monkeypatch.setattr(processes, "find", lambda _programs, _pids: found)
    monkeypatch.setattr(units, "find", lambda _p, names, _t: asked.append(names))
    named = {"name": "mine", "manager": "systemd", "status_command": None, "log_command": None}
    probe(find_nodes=["x"])
    probe(find_nodes=["x"], service=named)
    assert asked == [{"a.service"}, {"a.service", "mine.service"}]


def test_units_that_cannot_be_asked_for_hide_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: Any) -> None:
        raise FileNotFoundError("systemctl")

    monkeypatch.setattr(processes, "find", lambda _programs, _pids: [])
    monkeypatch.setattr(units, "find", fails)
    result = probe(find_nodes=["no-such-program"])
    assert (result["node_units"], result["node_processes"]) == (None, [])
    assert [error["section"] for error in result["errors"]] == ["node_units"]


def test_a_probe_that_does_not_end_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net, "in_parallel", lambda calls, _s: [None] * len(calls))
    result = probe(
        ports=[{"host": "slow", "port": 18181, "protocol": "tcp"}],
        urls=["http://slow:18181/"],
        addresses=["slow:18182"],
    )
    assert result["addresses"] == [{"address": "slow:18182", "own": None}]
    assert result["ports"][0]["state"] is None
    assert result["urls"][0]["reachable"] is None
    assert [error["section"] for error in result["errors"]] == ["ports", "urls"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"timeout": 0}, "timeout must be more than 0"),
        ({"log_lines": 0}, "log_lines must be 1"),
        ({"ports": [{"host": "a", "port": 0, "protocol": "tcp"}]}, "from 1 to 65535"),
        ({"ports": [{"host": "a", "port": 65536, "protocol": "tcp"}]}, "from 1 to 65535"),
        ({"ports": [{"host": "", "port": 1, "protocol": "tcp"}]}, "give a host"),
        ({"urls": ["gateway:18181"]}, "http:// or https://"),
        ({"urls": ["http://"]}, "and a host"),
        ({"urls": ["http://gateway:0/"]}, "no usable port"),
        ({"urls": ["http://gateway:99999/"]}, "99999|0-65535|out of range"),
        ({"sysctls": ["../../etc/passwd"]}, "is no name of a setting"),
        ({"log_since": 1.0}, "name it with service"),
        ({"log_patterns": {"error": "("}}, "error is no regular expression"),
    ],
)
def test_what_can_never_work_is_refused_with_a_sentence(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        module.check_options(params(**given))


def test_a_slow_host_has_time_to_start_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port that is silent for so long is closed; a program may only just have begun."""
    monkeypatch.setattr(kernel, "_as_nobody", dict)  # nobody may not enter this folder
    binary = tmp_path / "stemedb-node"
    binary.write_text("#!/bin/sh\nsleep 0.5\necho stemedb-node 0.9.0\n")
    binary.chmod(0o755)
    told = service(tmp_path)
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\nsleep 0.5\nexec {told['status_command']}\n")
    slow.chmod(0o755)
    found = probe(binary=str(binary), service={**told, "status_command": str(slow)}, timeout=0.1)
    assert (found["binary"]["version"], found["service"]["running"]) == ("stemedb-node 0.9.0", True)
    assert found["errors"] == []
