"""Units that speak of a node: their files for real, systemd by what it prints."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host import units
from ansible_collections.stemedb.cluster.plugins.module_utils._host.service import process_argv

PROGRAMS = ["stemedb-node", "stemedb-api"]
SECRET = "a-secret-of-the-operator"
SYSTEMCTL = """#!/bin/sh
for name; do :; done
echo "$name" >> {folder}/asked
cat "{folder}/$name" 2>/dev/null || printf 'LoadState=not-found\\nActiveState=inactive\\n'
"""


class Host:
    """Folders of units, and a systemctl that says what a test wants."""

    def __init__(self, folder: Path) -> None:
        self.etc, self.lib, self.said = folder / "etc", folder / "lib", folder / "said"
        for one in (self.etc, self.lib, self.said):
            one.mkdir()
        systemctl = folder / "systemctl"
        systemctl.write_text(SYSTEMCTL.format(folder=self.said))
        systemctl.chmod(0o755)
        self.folders = [str(self.etc), str(self.lib)]

    def unit(self, name: str, exec_start: str, folder: Path | None = None, more: str = "") -> Path:
        path = (folder or self.etc) / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"[Service]\nExecStart={exec_start}\n{more}")
        return path

    def says(self, name: str, **properties: Any) -> None:
        """What systemctl show prints of a unit."""
        known = {"LoadState": "loaded", "ActiveState": "active", "SubState": "running"}
        lines = [
            f"{key}={value}"
            for key, values in {**known, **properties}.items()
            for value in (values if isinstance(values, list) else [values])
        ]
        (self.said / name).write_text("\n".join(lines) + "\n")

    def find(self, *also: str) -> list[dict[str, Any]]:
        return units.find(PROGRAMS, also, 5, self.folders)

    @property
    def asked(self) -> list[str]:
        path = self.said / "asked"
        return sorted(path.read_text().split()) if path.exists() else []


def argv(*words: str) -> str:
    line = " ".join(words)
    return f"{{ path={words[0]} ; argv[]={line} ; ignore_errors=no ; start_time=[n/a] ; pid=0 }}"


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return Host(tmp_path)


def test_units_are_found_by_what_they_start(host: Host) -> None:
    host.unit("stemedb.service", "/opt/stemedb-node --data-dir /srv")
    host.unit("api.service", "/usr/bin/stemedb-api serve", host.lib)
    host.unit("mine.service", "/opt/acme --node-id %i \\\n  --x")
    host.unit("split.service", "/opt/acme \\\n  --seed-nodes a:1")
    host.unit("by-drop-in.service", "/opt/old")
    host.unit("by-drop-in.service.d/new.conf", "\nExecStart=/opt/stemedb-node")
    host.unit("etcd.service", "/usr/bin/etcd --data-dir /srv")
    host.unit("after.service", "/opt/x", more="After=stemedb-node.service\n# stemedb-node\n")
    host.unit("stemedb-node.timer", "/opt/stemedb-node")
    assert units.speaking(PROGRAMS, host.folders) == {
        "stemedb.service",
        "api.service",
        "mine.service",
        "split.service",
        "by-drop-in.service",
    }


def test_of_a_template_the_enabled_instances_are_found(host: Host) -> None:
    host.unit("stemedb-node@.service", "/opt/stemedb-node --node-id %i")
    wants = host.etc / "multi-user.target.wants"
    wants.mkdir()
    for name in ("stemedb-node@blue.service", "stemedb-node@green.service", "ssh.service"):
        (wants / name).symlink_to("../stemedb-node@.service")
    assert units.speaking(PROGRAMS, host.folders) == {
        "stemedb-node@blue.service",
        "stemedb-node@green.service",
    }


def test_systemd_is_asked_about_few(host: Host) -> None:
    assert host.find() == []
    assert host.asked == []
    host.unit("etcd.service", "/usr/bin/etcd")
    host.unit("stemedb.service", "/opt/stemedb-node")
    host.says("stemedb.service")
    assert [one["name"] for one in host.find("ssh.service")] == ["stemedb.service"]
    assert host.asked == ["ssh.service", "stemedb.service"]


def test_all_about_a_unit(host: Host, tmp_path: Path) -> None:
    path = host.unit("stemedb.service", "/opt/stemedb-node --node-id a --api-key x")
    variables = tmp_path / "default"
    variables.write_text(f"# A=1\nRUST_LOG=info\nexport STEMEDB_API_KEY='{SECRET}'\nnot one\n")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        try:
            deadline = time.monotonic() + 10
            while process_argv(process.pid) is None and time.monotonic() < deadline:
                time.sleep(0.01)
            host.says(
                "stemedb.service",
                MainPID=process.pid,
                User="stemedb",
                DynamicUser="no",
                UnitFileState="disabled",
                FragmentPath=path,
                DropInPaths="/etc/a.conf /etc/b.conf",
                ExecStart=argv("/opt/stemedb-node", "--node-id", "a", "--api-key", SECRET),
                Environment=f'STEMEDB_LISTEN=10.0.0.4 "STEMEDB_TOKEN={SECRET} x"',
                EnvironmentFiles=[
                    f"{variables} (ignore_errors=no)",
                    "/no/such/file (ignore_errors=yes)",
                ],
            )
            (facts,) = host.find()
        finally:
            process.kill()
    assert SECRET not in str(facts)
    assert facts["process"]["pid"] == facts["main_pid"] == process.pid
    del facts["process"], facts["main_pid"]
    assert facts == {
        "name": "stemedb.service",
        "mentions": True,
        "state": "active/running",
        "running": True,
        "enabled": "disabled",
        "user": "stemedb",
        "dynamic_user": False,
        "path": str(path),
        "drop_ins": ["/etc/a.conf", "/etc/b.conf"],
        "argv": ["/opt/stemedb-node", "--node-id", "a", "--api-key", "(hidden)"],
        # A drop-in that cannot be read may hold anything.
        "literal": None,
        "environment": ["RUST_LOG", "STEMEDB_API_KEY", "STEMEDB_LISTEN", "STEMEDB_TOKEN"],
        "environment_files": [str(variables), "/no/such/file"],
    }


@pytest.mark.parametrize(
    ("line", "literal"),
    [
        ("/opt/stemedb-node --node-id %i --data-dir /srv", True),
        ('/opt/stemedb-node --label "a b"', False),
        ("/opt/stemedb-node --data-dir ${DATA}", False),
        ("/opt/stemedb-node --data-dir /srv\\x20x", False),
        ("/opt/stemedb-node \\\n  --data-dir /srv", True),
        ("/bin/sh -c 'exec stemedb-node'", False),
    ],
)
def test_what_systemd_shows_is_what_a_process_gets_or_not(
    host: Host, line: str, literal: bool
) -> None:
    path = host.unit("stemedb.service", line, more='Environment="A=1"\n')
    host.says("stemedb.service", FragmentPath=path, ExecStart=argv("x"), User="")
    (facts,) = host.find()
    assert facts["literal"] is literal
    assert facts["user"] == "root"


@pytest.mark.parametrize("text", ['"never closed', "1X=2", "$'A=b'"])
def test_variables_that_cannot_be_told_are_unknown(host: Host, text: str) -> None:
    host.unit("stemedb.service", "/opt/stemedb-node")
    host.says("stemedb.service", Environment=text)
    (facts,) = host.find()
    assert facts["environment"] is None
    assert facts["argv"] is facts["literal"] is facts["process"] is None


def test_a_host_without_systemd_has_no_unknown_units_unless_one_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert units.find(PROGRAMS, (), 5, [str(tmp_path / "none")]) == []
    with pytest.raises(FileNotFoundError):
        units.find(PROGRAMS, ("stemedb.service",), 5, [])


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_variables_in_a_file_that_may_not_be_read_are_unknown(host: Host, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("A=1\n")
    secret.chmod(0)
    host.unit("stemedb.service", "/opt/stemedb-node")
    host.says("stemedb.service", EnvironmentFiles=f"{secret} (ignore_errors=no)")
    assert host.find()[0]["environment"] is None
