"""Nodes among real processes, and what /proc says of them."""

from __future__ import annotations

import contextlib
import io
import os
import pwd
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host import processes
from ansible_collections.stemedb.cluster.plugins.module_utils._host.service import process_argv

PROGRAMS = ["stemedb-node", "stemedb-api"]
SECRET = "a-secret-of-the-operator"
WAIT = "import time; time.sleep(60)\n"


def program(folder: Path, name: str, text: str = WAIT) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


@contextlib.contextmanager
def started(*argv: str, **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process that shows its own command line, ended with all that it has started."""
    with subprocess.Popen(argv, start_new_session=True, **more) as process:
        try:
            until(lambda: process_argv(process.pid) == list(argv))
            yield process
        finally:
            os.killpg(process.pid, 9)


def until(seen: Any) -> None:
    deadline = time.monotonic() + 20
    while not seen():
        assert time.monotonic() < deadline, "not seen"
        time.sleep(0.02)


def all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def found(node_id: str, also: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    """What is found of this node: others may run on this machine."""
    return [one for one in processes.find(PROGRAMS, also) if node_id in one["argv"]]


def test_all_about_a_node(tmp_path: Path) -> None:
    path = program(tmp_path, "stemedb-api", f"import socket\n{LISTEN}")
    argv = [sys.executable, path, "--node-id", "all-about", "--api-key", SECRET]
    env = {"STEMEDB_API_KEY": SECRET, "PATH": os.environ["PATH"], "BAD-NAME": "x"}
    before = time.time()
    with started(*argv, cwd=tmp_path, env=env) as process:
        until(lambda: len(found("all-about")[0]["listens"]) == 3)
        (facts,) = found("all-about")
    assert SECRET not in str(facts)
    assert facts["argv"] == [*argv[:-1], "(hidden)"]
    assert (facts["pid"], facts["parent"]) == (process.pid, os.getpid())
    assert (facts["certain"], facts["program"], facts["replaced"]) == (True, path, False)
    assert (facts["uid"], facts["user"]) == (os.geteuid(), pwd.getpwuid(os.geteuid()).pw_name)
    assert (facts["cwd"], facts["contained"]) == (str(tmp_path), False)
    assert (facts["user_manager"], facts["parent_is_shell"]) == (False, False)
    assert {"STEMEDB_API_KEY", "PATH"} <= set(facts["environment"])
    assert "BAD-NAME" not in facts["environment"]
    assert before - 1 < facts["started_at"] < time.time() + 1
    ports = {(one["protocol"], one["address"]) for one in facts["listens"]}
    assert ports == {("tcp", "127.0.0.1"), ("udp", "127.0.0.1"), ("tcp", "::1")}
    assert all(one["port"] > 0 for one in facts["listens"])


# Open by address and port, and one socket of a client, which waits for nobody.
LISTEN = """
keep = []
for family, kind, host in (
    (socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1"),
    (socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1"),
    (socket.AF_INET6, socket.SOCK_STREAM, "::1"),
):
    one = socket.socket(family, kind)
    one.bind((host, 0))
    if kind == socket.SOCK_STREAM:
        one.listen()
    keep.append(one)
keep.append(socket.create_connection(keep[0].getsockname()))
import time; time.sleep(60)
"""


def test_a_flag_tells_a_node_of_any_name_and_a_data_directory_alone_does_not(
    tmp_path: Path,
) -> None:
    path = program(tmp_path, "other")
    with started(sys.executable, path, "--seed-nodes=x:1", "--mark", "by-flag"):
        assert [one["certain"] for one in found("by-flag")] == [True]
    with started(sys.executable, path, "--data-dir", "/x", "--mark", "by-data"):
        assert [one["certain"] for one in found("by-data")] == [False]
    with started(sys.executable, path, "--mark", "by-nothing") as process:
        assert found("by-nothing") == []
        assert [one["certain"] for one in found("by-nothing", (process.pid,))] == [False]


def test_what_starts_a_node_is_none(tmp_path: Path) -> None:
    path = program(tmp_path, "stemedb-node")
    wrapper = program(
        tmp_path, "wrapper", "import subprocess, sys; subprocess.run(sys.argv[1:], check=False)\n"
    )
    node = [sys.executable, path, "--node-id", "wrapped"]
    with started(sys.executable, wrapper, *node):
        until(lambda: [one["program"] for one in found("wrapped")] == [path])
        (facts,) = found("wrapped")
        assert facts["argv"] == node


def test_what_a_node_has_forked_is_none(tmp_path: Path) -> None:
    path = program(tmp_path, "stemedb-node", f"import os\nos.fork()\n{WAIT}")
    argv = [sys.executable, path, "--node-id", "forked"]
    with started(*argv) as process:
        until(lambda: [process_argv(pid) for pid in all_pids()].count(argv) == 2)
        assert [one["pid"] for one in found("forked")] == [process.pid]


def test_a_shell_that_waits_for_a_node_is_told(tmp_path: Path) -> None:
    path = program(tmp_path, "stemedb-node")
    script = f"{sys.executable} {path} --node-id in-shell; true"
    with started("/bin/sh", "-c", script):
        until(lambda: found("in-shell"))
        (facts,) = found("in-shell")
        assert facts["parent_is_shell"] is True


def test_a_relative_program_is_where_it_was_started(tmp_path: Path) -> None:
    program(tmp_path, "stemedb-node")
    with started(sys.executable, "./stemedb-node", "--node-id", "relative", cwd=tmp_path):
        (facts,) = found("relative")
        assert facts["program"] == str(tmp_path / "stemedb-node")


def test_a_program_is_known_by_its_link_and_as_replaced(tmp_path: Path) -> None:
    real, link = tmp_path / "sleep-1", tmp_path / "stemedb-node"
    real.write_bytes(Path("/bin/sleep").resolve().read_bytes())
    real.chmod(0o755)
    link.symlink_to("sleep-1")
    # sleep takes no flags, so a name is all that this process has.
    with started(str(link), "60.125"):
        (facts,) = found("60.125")
        assert (facts["program"], facts["replaced"]) == (str(link), False)
        real.unlink()
        (facts,) = found("60.125")
        assert (facts["program"], facts["replaced"]) == (str(link), True)
    real.write_bytes(Path("/bin/sleep").resolve().read_bytes())
    real.chmod(0o755)
    env = {"PATH": str(tmp_path)}
    with started("stemedb-node", "60.25", executable=str(link), env=env):
        # By its bare name, and PATH of this process leads elsewhere: the file that runs.
        assert [one["program"] for one in found("60.25")] == [str(real)]


def test_a_process_that_is_gone_is_not_reported() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait(30)
    assert processes.process(process.pid, ["stemedb-node"], PROGRAMS) is None


@pytest.mark.parametrize(
    ("path", "first", "unit", "by_user"),
    [
        ("/system.slice/stemedb.service", "/init.scope", "stemedb.service", False),
        ("/system.slice/stemedb.service/worker", "/init.scope", "stemedb.service", False),
        (
            r"/system.slice/system-stemedb\x2dnode.slice/stemedb-node@1.service",
            "/init.scope",
            "stemedb-node@1.service",
            False,
        ),
        ("/user.slice/user-0.slice/session-3.scope", "/init.scope", None, False),
        ("/user.slice/user-7.slice/user@7.service/app.slice/x.service", "/", "x.service", True),
        ("/user.slice/user-7.slice/user@7.service/tmux.scope", "/", None, True),
        ("/a.service/box/system.slice/x.service", "/a.service/box/init.scope", "x.service", False),
        ("/a.service/box/user.slice/s.scope", "/a.service/box/init.scope", None, False),
        ("/", "/", None, False),
    ],
)
def test_the_unit_of_a_process(path: str, first: str, unit: Optional[str], by_user: bool) -> None:
    assert processes.unit_of(f"0::{path}\n", f"0::{first}\n") == (unit, by_user)
    # Of separate hierarchies systemd's own counts.
    old = f"3:cpu:/x.service\n1:name=systemd:{path}\n0::/\n"
    assert processes.unit_of(old, f"1:name=systemd:{first}\n0::/\n") == (unit, by_user)
    assert processes.unit_of("", "") == (None, False)


def test_addresses_of_the_kernel() -> None:
    def word(packed: bytes) -> str:
        return "".join(
            f"{int.from_bytes(packed[i : i + 4], sys.byteorder):08X}"
            for i in range(0, len(packed), 4)
        )

    v4 = socket.inet_aton("127.0.3.11")
    v6 = socket.inet_pton(socket.AF_INET6, "2001:db8::11")
    mapped = socket.inet_pton(socket.AF_INET6, "::ffff:127.0.3.11")
    assert processes.local_address(f"{word(v4)}:46A5") == ("127.0.3.11", 18085)
    assert processes.local_address(f"{word(v6)}:0001") == ("2001:db8::11", 1)
    assert processes.local_address(f"{word(mapped)}:0001") == ("127.0.3.11", 1)


@contextlib.contextmanager
def listening(tmp_path: Path, name: str) -> Iterator[None]:
    path = program(tmp_path, "stemedb-api", f"import socket\n{LISTEN}")
    with started(sys.executable, path, "--node-id", name):
        until(lambda: len(found(name)[0]["listens"]) == 3)
        yield


def test_sockets_whose_owner_may_not_be_read_are_unknown_not_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thing that tells whose a socket is, kept from us: by ptrace's rules, by the mount."""
    real_link, real_open = os.readlink, open

    def no_link(path: Any, *args: Any, **named: Any) -> str:
        if "/fd/" in str(path):
            raise PermissionError(13, "Permission denied")
        return real_link(path, *args, **named)

    def no_table(path: Any, *args: Any, **named: Any) -> Any:
        if "/net/" in str(path):
            raise PermissionError(13, "Permission denied")
        return real_open(path, *args, **named)

    def no_inode(path: Any, *args: Any, **named: Any) -> Any:
        if not str(path).endswith("/net/tcp"):
            return real_open(path, *args, **named)
        row = "0: 0100007F:46A5 00000000:0000 0A 0:0 00:0 0 0 0 0"
        return io.StringIO(f"head\n{row}\n")

    with listening(tmp_path, "unreadable"):
        for target, broken in (
            ("os.readlink", no_link),
            ("builtins.open", no_table),
            ("builtins.open", no_inode),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(target, broken)
                facts = found("unreadable")
            assert [one["listens"] for one in facts] == [None], broken.__name__


def test_a_protocol_that_the_host_lacks_has_no_sockets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = open

    def without(path: Any, *args: Any, **named: Any) -> Any:
        if str(path).endswith("6"):
            raise FileNotFoundError
        return real(path, *args, **named)

    with listening(tmp_path, "ipv4-only"):
        monkeypatch.setattr("builtins.open", without)
        (facts,) = found("ipv4-only")
    assert {one["address"] for one in facts["listens"]} == {"127.0.0.1"}


def test_processes_that_hidepid_hides_are_unknown_not_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = open

    def hidden(path: Any, *args: Any, **named: Any) -> Any:
        if str(path).startswith("/proc/1/"):
            raise FileNotFoundError(2, "No such file or directory")
        return real(path, *args, **named)

    monkeypatch.setattr("builtins.open", hidden)
    with pytest.raises(ValueError, match="hidepid; let Ansible become root"):
        processes.find(PROGRAMS)
