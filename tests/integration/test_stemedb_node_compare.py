"""`compare.yml` of the role stemedb_node: what the role would change, and does."""

from __future__ import annotations

import getpass
import hashlib
from pathlib import Path
from typing import Any

from tests.integration.conftest import Ansible, Run
from tests.integration.host_folder import SECRET, Host, asked, changed, mark_of, of, systemctl
from tests.integration.host_folder import systemd_play as run_role

# Which task of the role does what compare.yml foresees.
DONE_BY = {
    "identity": "Record which node this is, and mark its data, before the first start",
    "place of the data": "Record which node this is, and mark its data, before the first start",
    "mark of the data": "Record which node this is, and mark its data, before the first start",
    "configuration": "Write the configuration",
    "environment": "Write the environment of the service",
    "unit": "Write the unit",
    "binary": "Switch to the new binary",
}
# What installing a binary brings along, and a unit.
BESIDE = {
    "Fetch the binary, and renew the lock",
    "Copy the artifact beside the old binary",
    "Copy the old binary beside the new one",
    "Let systemd read the unit",
}


def by_hand(tmp_path: Path) -> Host:
    """A node that hands have set up under systemd, with secrets where they do not belong."""
    binary = tmp_path / "stemedb-node"
    binary.write_text("#!/bin/sh\n")
    host = Host(tmp_path / "host", binary)
    for path, text, mode in (
        (host.binary, "#!/bin/sh\n# of another version\n", 0o755),
        (host.config, f'cluster_name = "test"\ntoken = "{SECRET}"\n', 0o600),
        (host.unit, f"[Service]\nEnvironment='A={SECRET}'\nUser={getpass.getuser()}\n", 0o644),
        (host.data / "shard_0", "", 0o600),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    return host


def compare(host: Host, ansible: Ansible, env: dict[str, str], **variables: Any) -> Run:
    include = {
        "ansible.builtin.include_role": {
            "name": "stemedb.cluster.stemedb_node",
            "tasks_from": "compare.yml",
        }
    }
    show = {"name": "drift", "ansible.builtin.debug": {"msg": "{{ stemedb_node_drift }}"}}
    play = {"hosts": "all", "gather_facts": False, "tasks": [include, show]}
    known = {**host.variables, **variables}
    inventory = ansible.written({"all": {"hosts": {"node-01": known}}})
    return ansible.playbook([play], "-i", inventory, "-vvv", "--diff", env=env)


def stamps(host: Host) -> dict[Path, tuple[int, int]]:
    """When each file changed last, in content or in who may read it; not the fake systemctl's."""
    found = (path for path in host.folder.rglob("*") if "fake" not in path.parts)
    return {path: (path.stat().st_mtime_ns, path.stat().st_ctime_ns) for path in found}


def test_what_would_change_is_told_and_then_does(tmp_path: Path, ansible: Ansible) -> None:
    host = by_hand(tmp_path)
    env, log = systemctl(host, "active")
    variables = {
        "stemedb_node_service_manager": "systemd",
        "stemedb_node_unit_path": str(host.unit),
        "stemedb_node_id": "a3f2b1c4",
    }
    before = stamps(host)
    run = compare(host, ansible, env, **variables)
    assert run.ok, run
    assert changed(run) == []
    assert stamps(host) == before
    assert asked(log) == []
    for word in (SECRET, "of the operator"):
        assert word not in run.stdout + run.stderr
    drift = of(run, "drift")["msg"]
    foreseen = [one["what"] for one in drift]
    places = ["identity", "place of the data"]
    # Not all file systems keep marks.
    marks = ["mark of the data"] if "mark of the data" in foreseen else []
    assert foreseen == ["binary", *places, *marks, "configuration", "environment", "unit"]
    shown = "\n".join(line for one in drift for line in one["diff"])
    for line in ('-cluster_name = "test"', "-token = (hidden)", "-Environment=A=(hidden)"):
        assert line in shown
    assert f"{host.config}: mode 0600, would be 0644" in shown

    run = run_role(host, ansible, env, stemedb_node_id="a3f2b1c4")
    assert run.ok, run
    assert {DONE_BY[what] for what in foreseen} == set(changed(run)) - BESIDE
    assert bool(marks) == (mark_of(host.data) is not None)
    run = compare(host, ansible, env, **variables, stemedb_node_checksum=checksum(host))
    assert of(run, "drift")["msg"] == [], run


def checksum(host: Host) -> str:
    """Of what is installed, as whoever pins an artifact has it."""
    return f"sha256:{hashlib.sha256(host.binary.read_bytes()).hexdigest()}"


def test_a_host_that_the_role_would_refuse_is_refused(tmp_path: Path, ansible: Ansible) -> None:
    host = by_hand(tmp_path)
    host.binary.unlink()
    env, _log = systemctl(host, "active")
    run = compare(host, ansible, env, stemedb_node_id="a3f2b1c4", stemedb_node_artifact="")
    assert run.rc == 2, run
    assert "names nothing to install" in str(run.tasks[-1].result["msg"])
