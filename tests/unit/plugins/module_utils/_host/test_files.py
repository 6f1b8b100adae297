"""Files, directories and node.toml."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host import files
from ansible_collections.stemedb.cluster.plugins.module_utils._host.meaning import checksum

ME = os.geteuid()


def test_free_space_is_that_of_the_nearest_parent(tmp_path: Path) -> None:
    wanted = tmp_path / "not" / "there"
    found = files.free_space(str(wanted))
    system = os.statvfs(tmp_path)
    assert found["path"] == str(wanted)
    assert found["checked_path"] == str(tmp_path)
    assert found["total_bytes"] == system.f_blocks * system.f_frsize
    assert 0 < found["free_bytes"] <= found["total_bytes"]


def test_free_space_is_what_an_unprivileged_user_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    values = (4096, 4096, 1000, 500, 100, 0, 0, 0, 0, 255)
    monkeypatch.setattr(os, "statvfs", lambda _path: os.statvfs_result(values))
    assert files.free_space("/")["free_bytes"] == 100 * 4096


def test_users_are_looked_up() -> None:
    me = pwd.getpwuid(ME).pw_name
    assert files.user(me) == {"name": me, "exists": True, "uid": ME}
    missing = files.user("no-such-user-here")
    assert missing == {"name": "no-such-user-here", "exists": False, "uid": None}
    assert files.user_name(ME) == me
    assert files.user_name(2**31 - 5) is None


def test_a_file_is_seen_without_following_links(tmp_path: Path) -> None:
    target = tmp_path / "binary-1"
    target.write_text("x")
    os.utime(target, (1000, 1000))
    link = tmp_path / "binary"
    link.symlink_to("binary-1")
    plain, linked = files.file_facts(str(target)), files.file_facts(str(link))
    assert (plain["kind"], plain["mtime"], plain["target"]) == ("file", 1000, None)
    assert (linked["kind"], linked["target"]) == ("link", "binary-1")
    assert linked["mtime"] > 1000
    os.utime(target, (linked["mtime"] + 60,) * 2)
    assert files.file_facts(str(link))["mtime"] == linked["mtime"] + 60, "what it leads to counts"
    dangling = tmp_path / "dangling"
    dangling.symlink_to("nowhere")
    assert files.file_facts(str(dangling))["exists"] is True
    assert files.file_facts(str(tmp_path))["kind"] == "directory"
    gone = files.file_facts(str(tmp_path / "gone"))
    assert (gone["exists"], gone["kind"], gone["mtime"]) == (False, None, None)


def test_the_recorded_identity(tmp_path: Path) -> None:
    path = tmp_path / "node_id"
    assert files.node_id_file(str(path)) == {"path": str(path), "exists": False, "node_id": None}
    path.write_text("a3f2b1c4\n")
    assert files.node_id_file(str(path))["node_id"] == "a3f2b1c4"


@pytest.mark.parametrize("text", ["", "\n", "two words\n"])
def test_an_identity_that_says_nothing_certain_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "node_id"
    path.write_text(text)
    with pytest.raises(ValueError, match="does not hold one node id"):
        files.node_id_file(str(path))


def test_a_data_directory_is_missing_empty_or_full(tmp_path: Path) -> None:
    path = tmp_path / "data"
    facts = files.data_dir(str(path))
    assert (facts["exists"], facts["empty"], facts["uid"]) == (False, True, None)
    (path / "lost+found").mkdir(parents=True)
    facts = files.data_dir(str(path))
    assert (facts["exists"], facts["empty"], facts["uid"]) == (True, True, ME)
    assert facts["user"] == pwd.getpwuid(ME).pw_name
    for number in range(30):
        (path / f"shard_{number:02}").touch()
    facts = files.data_dir(str(path))
    assert facts["empty"] is False
    assert facts["entries"] == [f"shard_{number:02}" for number in range(20)]


def test_a_data_directory_that_may_not_be_read_is_not_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_path: str) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", denied)
    with pytest.raises(PermissionError):
        files.data_dir(str(tmp_path))
    monkeypatch.setattr(os, "lstat", denied)
    with pytest.raises(PermissionError):
        files.data_dir(str(tmp_path / "hidden"))


def test_a_link_that_leads_nowhere_is_no_empty_data_unless_what_it_led_to_was_set_aside(
    tmp_path: Path,
) -> None:
    (tmp_path / "data").symlink_to("disk/a[b")
    with pytest.raises(ValueError, match=r"is a link to .*/disk/a\[b, which is not there: mount"):
        files.data_dir(str(tmp_path / "data"))
    (tmp_path / "disk" / "a[b.replaced-20260101T000000Z").mkdir(parents=True)
    facts = files.data_dir(str(tmp_path / "data"))
    assert (facts["exists"], facts["empty"]) == (False, True)


def test_a_data_directory_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(ValueError, match="is not a directory"):
        files.data_dir(str(tmp_path / "data"))


def test_only_the_keys_asked_for_leave_the_host(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    assert files.config(str(path), ["cluster_name"])["exists"] is False
    path.write_text('cluster_name = "prod"\napi_key = "very-secret"\n[ports]\nrpc_port = 7\n')
    facts = files.config(str(path), ["cluster_name", "rpc_port"])
    assert facts["settings"] == {"cluster_name": "prod", "ports.rpc_port": 7}
    assert "very-secret" not in str(facts)


def test_a_file_that_is_no_configuration_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "node.toml"
    path.write_text('a = "1"\n' * 10)
    monkeypatch.setattr(files, "MAX_CONFIG_BYTES", 20)
    with pytest.raises(ValueError, match="larger than 20 bytes"):
        files.config(str(path), [])


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"what is this", "node.toml: "), (b'name = "\xff"', "node.toml is no text in UTF-8")],
)
def test_a_configuration_that_is_not_understood_is_an_error(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "node.toml"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=why):
        files.config(str(path), [])


def test_the_recorded_place_of_the_data(tmp_path: Path) -> None:
    path = tmp_path / "data_dir"
    missing = {"path": str(path), "exists": False, "data_dir": None}
    assert files.data_dir_file(str(path)) == missing
    path.write_text("/var/lib/my data\n")
    assert files.data_dir_file(str(path))["data_dir"] == "/var/lib/my data"


@pytest.mark.parametrize("text", ["", "\n", "var/lib\n", "/one\n/two\n"])
def test_a_record_that_says_nothing_certain_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "data_dir"
    path.write_text(text)
    with pytest.raises(ValueError, match="does not hold one absolute path"):
        files.data_dir_file(str(path))


MARK = {"node_id": "a3f2b1c4", "cluster_name": "prod"}


def stored(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    """Let the file system answer with this attribute, or with this error."""

    def getxattr(_path: str, name: str) -> Any:
        assert name == files.MARK
        if isinstance(value, int):
            raise OSError(value, os.strerror(value))
        return value

    monkeypatch.setattr(os, "getxattr", getxattr)


def test_the_mark_of_a_data_directory_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(monkeypatch, json.dumps({**MARK, "more": 1}).encode())
    found = files.data_dir(str(tmp_path))
    assert (found["mark"], found["markable"]) == (MARK, True)


@pytest.mark.parametrize(("number", "markable"), [(errno.ENODATA, True), (errno.ENOTSUP, False)])
def test_no_mark_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, markable: bool
) -> None:
    stored(monkeypatch, number)
    found = files.data_dir(str(tmp_path))
    assert (found["mark"], found["markable"]) == (None, markable)
    found = files.data_dir(str(tmp_path / "gone"))
    assert (found["mark"], found["markable"]) == (None, None)


@pytest.mark.parametrize("value", [b"", b"no json", b"[]", b"{}", b'{"node_id": "x"}', b"\xff"])
def test_a_mark_that_is_not_understood_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: bytes
) -> None:
    stored(monkeypatch, value)
    with pytest.raises(ValueError, match="setfattr -x"):
        files.data_dir(str(tmp_path))


def test_a_mark_that_may_not_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(monkeypatch, errno.EACCES)
    with pytest.raises(OSError, match="denied"):
        files.data_dir(str(tmp_path))


def test_a_text_is_shown_without_its_secrets(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    text = 'cluster_name = "prod"\napi_key = "hunter2-hunter2"\n'
    path.write_text(text)
    path.chmod(0o640)
    known = {
        "path": str(path),
        "exists": True,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "mode": "0640",
    }
    shown = 'cluster_name = "prod"\napi_key = (hidden)\n'
    keys = ["cluster_name"]
    for kind, seen in (("settings", shown), ("hidden", None)):
        meaning = checksum(kind, text)
        expected = {**known, "text": seen, "meaning": meaning}
        assert files.masked_file(str(path), kind, keys) == expected
    path.write_text("[Service]\nEnvironment=A=hunter2-hunter2\nUser=x\n")
    found = files.masked_file(str(path), "unit", keys)
    assert found["text"] == "[Service]\nEnvironment=A=(hidden)\nUser=x\n"
    gone = files.masked_file(str(tmp_path / "gone"), "unit", keys)
    assert (gone["exists"], gone["text"], gone["sha256"], gone["mode"]) == (False, None, None, None)
    path.write_text("x" * (files.MAX_CONFIG_BYTES + 1))
    with pytest.raises(ValueError, match="larger than"):
        files.masked_file(str(path), "hidden", keys)
