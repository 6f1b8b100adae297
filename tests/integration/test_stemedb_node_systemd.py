"""The role stemedb_node under systemd: a stand-in of it writes down what it is asked."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Ansible
from tests.integration.host_folder import (
    ROOT,
    SECRET,
    Host,
    asked,
    changed,
    facts,
    systemctl,
    systemd_play,
)


def test_under_systemd_check_mode_gives_no_service_command(fresh: Host, ansible: Ansible) -> None:
    env, log = systemctl(fresh, "inactive")
    ours = fresh.folder.parent / "node.toml.j2"
    builtin = ROOT / "roles" / "stemedb_node" / "templates" / "node.toml.j2"
    ours.write_text(builtin.read_text() + f'token = "{SECRET}"\n')
    run = systemd_play(
        fresh,
        ansible,
        env,
        "--check",
        "--diff",
        stemedb_node_config_template=str(ours),
        stemedb_node_flags=["--api-key", SECRET],
        stemedb_node_gateway_port=28181,
        stemedb_node_rpc_port=28182,
        stemedb_node_gossip_port=28183,
    )
    assert facts(run)
    assert "ExecStart=" in run.stdout
    for line in ("gateway_port = 28181", "rpc_port = 28182", "gossip_port = 28183"):
        assert line in run.stdout
    # Of what may be secret a difference tells that it is there.
    assert "token = (hidden)" in run.stdout
    assert "--api-key (hidden)" in run.stdout
    assert SECRET not in run.stdout + run.stderr
    assert asked(log) == []
    assert not fresh.unit.exists()


def test_under_systemd_a_node_is_started_once(fresh: Host, ansible: Ansible) -> None:
    env, log = systemctl(fresh, "inactive")
    templates = {"unit": "ExecStart=of our own\n", "config": "name is {{ stemedb_cluster_name }}\n"}
    for name, text in templates.items():
        (fresh.folder / name).with_suffix(".j2").write_text(text)
    run = systemd_play(
        fresh,
        ansible,
        env,
        stemedb_node_unit_template=str(fresh.folder / "unit.j2"),
        stemedb_node_config_template=str(fresh.folder / "config.j2"),
    )
    # The stand-in says "inactive" after the start too, so this is a node that died.
    assert not run.ok
    assert asked(log) == ["daemon-reload", "start"]
    assert fresh.unit.read_text() == "ExecStart=of our own\n"
    assert fresh.config.read_text() == "name is demo\n"


def test_under_systemd_a_running_member_is_never_restarted(fresh: Host, ansible: Ansible) -> None:
    env, log = systemctl(fresh, "active")
    run = systemd_play(fresh, ansible, env, stemedb_node_id="a3f2b1c4")
    assert sorted(facts(run)["restart_reasons"]) == [
        "binary",
        "configuration",
        "environment",
        "unit",
    ]
    assert asked(log) == ["daemon-reload"]
    # Of a run that was killed between writing and reading the unit, the next one does the rest.
    env, log = systemctl(fresh, "active", reload="yes")
    run = systemd_play(fresh, ansible, env, stemedb_node_id="a3f2b1c4")
    assert changed(run) == []
    assert asked(log) == ["daemon-reload"]


CLUSTER = {"stemedb_cluster_name": "demo", "stemedb_seed_nodes": ["node-01:18183"]}


def rendered(tmp_path: Path, ansible: Ansible, **variables: Any) -> str:
    """The unit that the role's template gives."""
    unit = tmp_path / "stemedb-node.service"
    role = ROOT / "roles" / "stemedb_node"
    run = ansible.tasks(
        {
            "ansible.builtin.template": {
                "src": str(role / "templates" / "stemedb-node.service.j2"),
                "dest": str(unit),
                "mode": "0644",
            }
        },
        vars_files=[str(role / "defaults" / "main.yml"), str(role / "vars" / "main.yml")],
        flags=("-e", json.dumps({**CLUSTER, **variables})),
    )
    assert run.ok, run
    return unit.read_text()


def test_the_unit_says_what_it_runs_and_what_it_may_do(tmp_path: Path, ansible: Ansible) -> None:
    text = rendered(
        tmp_path,
        ansible,
        stemedb_node_identity={"node_id": "a3f2b1c4"},
        stemedb_node_flags=["--label", 'a "b" 100% $HOME', "--plain=x"],
        stemedb_node_limit_nofile=4096,
        stemedb_node_binary="/bin/true",
    )
    lines = text.splitlines()
    assert (
        "ExecStart=/bin/true --node-id a3f2b1c4 --seed-nodes node-01:18183 "
        '--data-dir /var/lib/stemedb --label "a \\"b\\" 100%% $$HOME" --plain=x'
    ) in lines
    for line in (
        "User=stemedb",
        "EnvironmentFile=/etc/stemedb/stemedb-node.env",
        "LimitNOFILE=4096",
        "NoNewPrivileges=true",
        "PrivateTmp=true",
        "ProtectSystem=strict",
        'ReadWritePaths="/var/lib/stemedb"',
        "WantedBy=multi-user.target",
    ):
        assert line in lines


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_unit(tmp_path: Path, ansible: Ansible) -> None:
    rendered(tmp_path, ansible, stemedb_node_user="root", stemedb_node_binary="/bin/true")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "stemedb-node.service")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    about_it = [line for line in done.stderr.splitlines() if "stemedb-node.service" in line]
    assert about_it == []
