"""A host's node as variables of the node role; what is not known has none."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host.secrets import HIDDEN
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.find import Candidate
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.host import (
    bare,
    describe,
    look_at,
)
from ansible_collections.stemedb.cluster.tests.unit.support.adopting import (
    ADDRESS,
    ARGV,
    DEFAULTS,
    FILES,
    MEMBER,
    found,
    process,
    said,
    stopped,
    unit,
)

ELSEWHERE = "192.0.2.4:18182"
FOREIGN = {"node_id": "7d8e9f0a", "cluster_name": "test"}


def kinds(described: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in described["findings"]]


def with_argv(*words: str, **changes: Any) -> dict[str, Any]:
    """A process with these words after the guide's flags."""
    return process(argv=[*ARGV, *words], **changes)


def test_a_host_as_hands_have_made_it() -> None:
    described = describe(found(unit(), with_argv("--config", "/opt/n.toml", "--verbose")))
    assert described == {
        "host": "db-01",
        "node_id": "a3f2b1c4",
        "variables": {
            "id": "a3f2b1c4",
            "service": "stemedb",
            "service_manager": "systemd",
            "user": "stemedb",
            "flags": ["--config", "/opt/n.toml", "--verbose"],
            "binary": "/opt/stemedb/stemedb-node",
            "config_path": "/opt/n.toml",
            "data_dir": "/srv/stemedb",
            "environment": {},
            "rpc_port": 18182,
            "gossip_port": 18183,
            "gateway_port": 18181,
        },
        "remarks": [],
        "findings": [],
        "seeds": ["10.0.0.4:18183", "10.0.0.5:18183"],
        "running": True,
        "cluster_names": [],
    }


def test_a_unit_that_does_not_run_tells_as_much() -> None:
    member = {**MEMBER, "state": "Dead"}
    described = describe(found(stopped(), members=[member]))
    assert described["node_id"] == "a3f2b1c4"
    assert described["variables"]["binary"] == "/opt/stemedb/stemedb-node"
    assert kinds(described) == ["not_running"]
    assert "is listed as Dead" in described["findings"][0]["detail"]


@pytest.mark.parametrize(
    "of_unit",
    [
        stopped(literal=False),
        stopped(literal=None),
        stopped(argv=["/bin/sh", "-c", "exec", "stemedb-node"]),
        stopped(argv=None),
    ],
)
def test_what_cannot_be_understood_of_a_unit_is_said(of_unit: dict[str, Any]) -> None:
    described = describe(found(of_unit, node_id="a3f2b1c4"))
    assert described["node_id"] == "a3f2b1c4"
    assert "not_understood" in kinds(described)
    assert {"binary", "data_dir", "flags"} & set(described["variables"]) == set()
    assert described["seeds"] is None
    assert described["remarks"] == [
        "binary, flags, data directory and seeds: not known; write them here"
    ]
    # What the inventory says is no guess.
    described = describe(found(of_unit, node_id="a3f2b1c4", data_dir="/srv/x"))
    assert described["variables"]["data_dir"] == "/srv/x"


def test_commands_of_a_node_that_stands_still_tell_no_command_line() -> None:
    commands = {"start_command": "a", "stop_command": "b", "status_command": "c"}
    described = describe(found(None, None, manager="command", node_id="a3f2b1c4", **commands))
    assert sorted(kinds(described)) == ["not_running", "not_understood"]
    assert described["variables"]["service_manager"] == "command"


def test_secrets_on_the_command_line_are_said_and_hidden() -> None:
    described = describe(found(unit(), with_argv("--api-key", HIDDEN)))
    assert kinds(described) == ["secret_flag"]
    assert "vault_stemedb_node_flags" in described["remarks"][0]
    assert described["variables"]["flags"] == ["--api-key", HIDDEN]


def test_a_sub_command_is_said() -> None:
    described = describe(found(unit(), process(argv=["/opt/stemedb-api", "serve", *ARGV[1:]])))
    assert kinds(described) == ["words_before_flags"]
    assert "'serve'" in described["remarks"][0]


def test_a_flag_without_its_value_is_not_understood() -> None:
    assert kinds(describe(found(unit(), with_argv("--data-dir")))) == ["not_understood"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"node_id": "7d8e9f0a"}, "more than one identity"),
        (
            {"members": [MEMBER, {**MEMBER, "node_id": "7d8e9f0a"}], "id": "7d8e9f0a"},
            "lists a3f2b1c4 Alive at its address",
        ),
        ({"files": {"data_dir": None}}, "cannot be read"),
        ({"files": {"data_dir_file": None}}, "file data_dir of this host cannot be read"),
        (
            {"files": {"data_dir": {**FILES["data_dir"], "mark": FOREIGN}}},
            "is marked as that of node 7d8e9f0a of cluster test",
        ),
        (
            {"files": {"data_dir_file": {"path": "x", "exists": True, "data_dir": "/srv/old"}}},
            "node lies in /srv/old (x)",
        ),
        (
            {
                "members": [{**MEMBER, "address": ELSEWHERE}],
                "files": {"addresses": [{"address": ELSEWHERE, "own": False}]},
            },
            "lists that id Alive at 192.0.2.4:18182",
        ),
        ({"files": {"data_dir": {**FILES["data_dir"], "empty": True}}}, "use replace_node"),
        ({"files": {"node_id_file": {**FILES["node_id_file"], "node_id": "x"}}}, "more than one"),
    ],
)
def test_an_identity_that_is_not_certain_is_refused_as_everywhere(
    more: dict[str, Any], words: str
) -> None:
    node_id = more.pop("id", "a3f2b1c4")
    argv = [*ARGV[:2], node_id, *ARGV[3:]]
    described = describe(found(unit(), process(argv=argv), **more))
    assert described["node_id"] is None
    (problem,) = (one for one in described["findings"] if one["kind"] == "identity")
    assert problem["severity"] == "error"
    assert words in problem["detail"]


def test_whose_files_the_data_are_leaves_no_doubt_which_node_it_is() -> None:
    described = describe(found(unit(), process(uid=0, user="root")))
    assert (described["node_id"], described["variables"]["user"]) == ("a3f2b1c4", "root")
    assert kinds(described) == []


def test_an_id_comes_from_the_address_where_nothing_else_tells_it() -> None:
    argv = [ARGV[0], *ARGV[3:]]
    assert describe(found(unit(), process(argv=argv)))["node_id"] == "a3f2b1c4"
    # On whatever port members are at this host.
    member = {**MEMBER, "address": f"{ADDRESS}:28182"}
    described = describe(found(unit(), process(argv=argv, listens=None), members=[member]))
    assert described["node_id"] == "a3f2b1c4"
    assert described["variables"]["rpc_port"] == 28182


def test_no_id_is_ever_made() -> None:
    empty = {**FILES["data_dir"], "empty": True}
    described = describe(found(stopped(argv=[ARGV[0]]), members=[], files={"data_dir": empty}))
    assert described["node_id"] is None
    (problem,) = (one for one in described["findings"] if one["kind"] == "identity")
    assert "add_node" in problem["detail"]


def test_a_node_that_the_cluster_does_not_list_is_an_error() -> None:
    described = describe(found(unit(), process(), members=[]))
    assert kinds(described) == ["not_a_member"]
    assert described["node_id"] == "a3f2b1c4"
    # Of a cluster that does not answer nobody is no member.
    assert kinds(describe(found(unit(), process(), members=None))) == []


def test_an_address_is_written_where_the_host_is_not_reached_by_it() -> None:
    def address(**more: Any) -> Any:
        listed = more.pop("listed", f"{ADDRESS}:18182")
        member = {**MEMBER, "address": listed}
        return describe(found(unit(), process(), members=[member], **more))["variables"].get(
            "address"
        )

    assert address() is None
    assert address(listed="db-01:18182") is None
    assert address(listed="0.0.0.0:18182") is None
    assert address(listed="192.0.2.4:18182") == "192.0.2.4"
    assert address(listed="192.0.2.4:18182", address="node-a") == "node-a"
    assert address(address=ADDRESS) is None


def test_a_binary_that_is_not_known_or_was_replaced() -> None:
    described = describe(found(unit(), process(program=None)))
    assert kinds(described) == ["unknown_binary"]
    assert "binary" not in described["variables"]
    assert kinds(describe(found(unit(), process(replaced=True)))) == ["binary_replaced"]
    assert kinds(describe(found(unit(), process(replaced=None)))) == []


def test_paths_from_where_a_process_was_started() -> None:
    argv = [*ARGV[:-1], "./data", "--config", "n.toml"]
    described = describe(found(unit(), process(argv=argv, cwd="/srv/x/")))
    assert described["variables"]["data_dir"] == "/srv/x/data"
    assert described["variables"]["config_path"] == "/srv/x/n.toml"
    assert kinds(described) == ["relative_path", "relative_path"]
    data, config = (one["detail"] for one in described["findings"])
    assert "its data directory is ./data, from where it was started: /srv/x/data." in data
    assert "n.toml, from where it was started: /srv/x/n.toml. A service starts elsewhere" in config


def test_paths_from_where_nobody_knows_are_not_guessed() -> None:
    argv = [*ARGV[:-1], "data", "--config", "n.toml"]
    for of_unit, of_process in ((unit(), process(argv=argv, cwd=None)), (stopped(argv=argv), None)):
        described = describe(found(of_unit, of_process))
        assert "data_dir" not in described["variables"]
        assert kinds(described).count("not_understood") == 2
        said_both = found(of_unit, of_process, data_dir="/srv/x", config_path="/etc/n.toml")
        described = describe(said_both)
        assert described["variables"]["data_dir"] == "/srv/x"
        assert "not_understood" not in kinds(described)


def no_data_dir(settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    files = {"config": {"path": "x", "exists": True, "settings": settings}, **more}
    return describe(found(unit(), process(argv=ARGV[:-2]), files=files))


def test_without_a_data_directory_on_the_command_line_data_is_taken_at_its_word() -> None:
    described = no_data_dir({})
    assert (described["variables"]["data_dir"], kinds(described)) == ("/var/lib/stemedb", [])
    described = no_data_dir({"node.data_dir": "/var/lib/stemedb"})
    assert kinds(described) == []
    described = no_data_dir({"data_dir": "/srv/other"})
    assert kinds(described) == ["not_understood"]
    assert "says /srv/other. Set stemedb_node_data_dir" in described["findings"][0]["detail"]
    described = no_data_dir({}, data_dir={**FILES["data_dir"], "empty": True})
    assert "not_understood" in kinds(described)


def test_another_directory_in_the_inventory_is_said() -> None:
    described = describe(found(unit(), process(), data_dir="/srv/other"))
    assert kinds(described) == ["variable_differs"]
    assert described["variables"]["data_dir"] == "/srv/stemedb"


def test_a_configuration_that_cannot_be_read_is_said() -> None:
    described = describe(found(unit(), process(), files={"config": None}))
    assert kinds(described) == ["unknown_config"]


def test_without_seeds_it_has_none() -> None:
    argv = [*ARGV[:3], *ARGV[5:]]
    described = describe(found(unit(), process(argv=argv)))
    assert (described["seeds"], kinds(described)) == ([], ["no_seeds"])
    files = {"config": {"settings": {"seed_nodes": ["a:1"]}}}
    described = describe(found(unit(), process(argv=argv), files=files))
    assert described["seeds"] == []
    assert "only in its configuration" in described["findings"][0]["detail"]


def test_a_port_that_nothing_listens_at_is_said() -> None:
    described = describe(found(unit(), process(listens=[]), rpc_port=18182))
    assert set(kinds(described)) == {"port"}


def test_where_to_look() -> None:
    nothing = look_at(Candidate(None, None), said(), DEFAULTS)
    assert nothing == {
        "config": "/etc/stemedb/node.toml",
        "data_dir": "/var/lib/stemedb",
        "node_id_file": "/etc/stemedb/node_id",
        "data_dir_file": "/etc/stemedb/data_dir",
    }
    runs = Candidate(None, with_argv("--config", "/opt/n.toml"))
    assert look_at(runs, said(data_dir="/x"), DEFAULTS) == {
        "config": "/opt/n.toml",
        "data_dir": "/srv/stemedb",
        "node_id_file": "/opt/node_id",
        "data_dir_file": "/opt/data_dir",
    }
    asked = look_at(runs, said(config_path="/etc/mine.toml"), DEFAULTS)
    assert asked["config"] == "/etc/mine.toml"
    lost = Candidate(None, process(argv=["n", "--data-dir", "data"], cwd=None))
    assert look_at(lost, said(data_dir="/x"), DEFAULTS)["data_dir"] == "/x"


def test_names_of_defaults() -> None:
    assert bare({"stemedb_node_user": "x", "other": 1}) == {"user": "x", "other": 1}
