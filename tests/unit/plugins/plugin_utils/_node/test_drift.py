"""What the node role would change, told from a look at the host."""

from __future__ import annotations

import hashlib
from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host.meaning import checksum
from ansible_collections.stemedb.cluster.plugins.plugin_utils._node.drift import (
    drift,
    same_file,
)

SECRET = "a-secret-of-the-operator"
ARGV = ["/opt/stemedb-node", "--node-id", "a", "--data-dir", "/srv"]
CONFIG, ENVIRONMENT, UNIT = "/etc/node.toml", "/etc/node.env", "/etc/x.service"
TEXTS = {
    "configuration": 'cluster_name = "prod"\n',
    "environment": f'STEMEDB_API_KEY="{SECRET}"\n',
    "unit": "[Service]\nUser=stemedb\n",
}
KINDS = {"configuration": "settings", "environment": "hidden", "unit": "unit"}
MARK = {"node_id": "a", "cluster_name": "prod"}
SETTINGS: dict[str, Any] = {
    "modes": {"configuration": "0644", "environment": "0600", "unit": "0644"},
    "keys": ["cluster_name"],
    "records_identity": False,
    "identity_path": "/etc/node_id",
    "mark": MARK,
    "by_systemd": True,
    "has_artifact": False,
    "checksum": "",
    "binary_checksum": "",
    "argv": ARGV,
    "arguments": ARGV[1:],
}


def before(**changes: Any) -> dict[str, Any]:
    return {
        "user": {"name": "stemedb", "exists": True},
        "files": [
            {"path": "/etc", "exists": True, "kind": "directory"},
            {"path": "/opt", "exists": True, "kind": "directory"},
            {"path": "/opt/stemedb-node", "exists": True, "kind": "file"},
        ],
        "data_dir": {"path": "/srv", "empty": False, "mark": MARK, "markable": True},
        "data_dir_file": {"path": "/etc/data_dir", "exists": True},
        "service": {"name": "stemedb", "enabled": True},
        **changes,
    }


def there(path: str, text: Optional[str], shown: Optional[str], mode: str) -> dict[str, Any]:
    digest = None if text is None else hashlib.sha256(text.encode()).hexdigest()
    known = {"path": path, "text": shown, "sha256": digest, "exists": text is not None}
    return {**known, "mode": None if text is None else mode}


def texts(**changes: Any) -> list[dict[str, Any]]:
    """What is there: by default what the role would write."""
    known = {
        "configuration": there(CONFIG, TEXTS["configuration"], TEXTS["configuration"], "0644"),
        "environment": there(ENVIRONMENT, TEXTS["environment"], None, "0600"),
        "unit": there(UNIT, TEXTS["unit"], TEXTS["unit"], "0644"),
    }
    return list({**known, **changes}.values())


def found(
    of: Optional[dict[str, Any]] = None, them: Any = None, **settings: Any
) -> list[dict[str, Any]]:
    wanted = [{"what": what, "text": text} for what, text in TEXTS.items()]
    if settings.get("by_systemd") is False:
        wanted[2]["text"] = None  # type: ignore[assignment]
    result = drift(of or before(), them or texts(), wanted, {**SETTINGS, **settings})
    assert SECRET not in str(result)
    return result


def whats(*arguments: Any, **settings: Any) -> list[tuple[str, str]]:
    return [(one["what"], one["path"]) for one in found(*arguments, **settings)]


def test_nothing_where_all_is_as_the_role_writes_it() -> None:
    assert found() == []


def test_what_is_missing_would_be_made() -> None:
    bare = before(
        user={"name": "stemedb", "exists": False},
        files=[
            {"path": "/etc/a", "exists": False, "kind": None},
            {"path": "/opt/b", "exists": False, "kind": None},
            {"path": "/opt/b/x", "exists": False, "kind": None},
        ],
        data_dir={"path": "/srv", "empty": True, "mark": None, "markable": None},
        data_dir_file={"path": "/etc/data_dir", "exists": False},
        service={"name": "stemedb", "enabled": False},
    )
    assert whats(bare, texts(), records_identity=True) == [
        ("user", "stemedb"),
        ("directory", "/etc/a"),
        ("directory", "/opt/b"),
        ("data directory", "/srv"),
        ("identity", "/etc/node_id"),
        ("place of the data", "/etc/data_dir"),
        ("mark of the data", "/srv"),
        ("start with the host", "stemedb"),
    ]


@pytest.mark.parametrize(
    ("mark", "markable", "changes"),
    [(None, True, True), (None, False, False), ({**MARK, "cluster_name": "old"}, True, True)],
)
def test_data_is_marked_where_that_can_be(mark: Any, markable: bool, changes: bool) -> None:
    data = {**before()["data_dir"], "mark": mark, "markable": markable}
    assert whats(before(data_dir=data)) == ([("mark of the data", "/srv")] if changes else [])


def test_a_file_that_differs_is_shown_without_its_secrets() -> None:
    old = 'cluster_name = "test"\napi_key = (hidden)\n'
    ours = there(CONFIG, f'cluster_name = "test"\napi_key = "{SECRET}"\n', old, "0644")
    (one,) = found(None, texts(configuration=ours))
    assert (one["what"], one["path"]) == ("configuration", CONFIG)
    assert one["diff"] == [
        f"--- {CONFIG} (is)",
        f"+++ {CONFIG} (would be)",
        "@@ -1,2 +1 @@",
        '-cluster_name = "test"',
        "-api_key = (hidden)",
        '+cluster_name = "prod"',
    ]


def test_a_file_that_is_not_there_is_shown_whole() -> None:
    (one,) = found(None, texts(unit=there(UNIT, None, None, "")))
    assert one["diff"][-2:] == ["+[Service]", "+User=stemedb"]


def test_a_difference_in_what_is_hidden_is_one() -> None:
    (one,) = found(None, texts(environment=there(ENVIRONMENT, "A=1\n", None, "0600")))
    assert one["diff"] == [f"{ENVIRONMENT}: what differs is hidden, as it may be secret"]


def test_a_mode_that_differs_is_one() -> None:
    text = TEXTS["configuration"]
    (one,) = found(None, texts(configuration=there(CONFIG, text, text, "0640")))
    assert one["diff"] == [f"{CONFIG}: mode 0640, would be 0644"]
    # Of its mode no process knows, so it wants no restart.
    assert (one["what"], one["mode"]) == ("mode", "0644")


COMMENTS = {"configuration": "# db-01, 2026-01-01\n", "environment": "# root\n", "unit": "; x\n"}


@pytest.mark.parametrize("what", TEXTS)
def test_a_comment_that_differs_is_no_difference(what: str) -> None:
    known = dict(zip(TEXTS, texts()))[what]
    ours = there(known["path"], COMMENTS[what] + TEXTS[what], "", known["mode"])
    ours["meaning"] = checksum(KINDS[what], COMMENTS[what] + TEXTS[what])
    assert found(None, texts(**{what: ours})) == []
    assert same_file(ours, TEXTS[what], what)
    ours["meaning"] = checksum(KINDS[what], f"{TEXTS[what]}more=1\n")
    assert whats(None, texts(**{what: ours})) == [(what, known["path"])]
    assert not same_file(ours, TEXTS[what], what)


def test_files_that_cannot_be_read_are_not_compared() -> None:
    errors = [{"section": "texts", "message": "Permission denied"}]
    with pytest.raises(ValueError, match="is not known: Permission denied"):
        drift(before(errors=errors), None, [], SETTINGS)


def test_a_host_without_systemd_has_no_unit() -> None:
    gone = texts(unit=there(UNIT, None, None, ""))
    assert whats(before(service=None), gone, by_systemd=False) == []


@pytest.mark.parametrize("enabled", [False, None])
def test_a_service_that_does_not_start_with_the_host_would(enabled: Optional[bool]) -> None:
    service = {"name": "stemedb", "enabled": enabled}
    assert whats(before(service=service)) == [("start with the host", "stemedb")]
    assert whats(before(service=None)) == [("start with the host", "")]


@pytest.mark.parametrize(
    ("kind", "checksum", "there_is", "changes"),
    [
        ("file", "0f", "0f", True),
        ("link", "0f", "0f", False),
        ("link", "0f", "aa", True),
        ("link", "", "aa", True),
        ("link", "", "", True),
        (None, "", "", True),
    ],
)
def test_a_binary_is_installed_where_it_is_not_the_artifact(
    kind: Optional[str], checksum: str, there_is: str, changes: bool
) -> None:
    files = [*before()["files"][:2], {"path": "/opt/stemedb-node", "exists": True, "kind": kind}]
    settings = {"has_artifact": True, "checksum": checksum, "binary_checksum": there_is}
    expected = [("binary", "/opt/stemedb-node")] if changes else []
    assert whats(before(files=files), None, **settings) == expected
    assert whats(before(files=files), None, **{**settings, "has_artifact": False}) == []


def test_another_command_line_is_shown_without_its_secrets() -> None:
    argv = ["python3", "/opt/stemedb-node", "--node-id", "a", "--api-key", SECRET]
    (one,) = found(argv=argv)
    assert one == {
        "what": "command line",
        "path": "",
        "diff": ["---node-id a --api-key (hidden)", "+--node-id a --data-dir /srv"],
    }


def test_the_same_command_line_in_another_order_is_none() -> None:
    assert found(argv=["/opt/x", "--data-dir=/srv", "--node-id=a"]) == []
    assert found(argv=None) == []
    # Words that only a wrapper adds before it.
    assert found(argv=["/usr/bin/wrap", "-v", *ARGV]) == []
