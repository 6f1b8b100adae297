"""The action of `stemedb_debug_export`: the file on the controller, and what is not in it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleUndefinedVariable
from ansible.plugins.action import ActionBase
from ansible_collections.stemedb.cluster.plugins.action import stemedb_debug_export
from ansible_collections.stemedb.cluster.plugins.plugin_utils._action import PrintedOnceError

SECRET = "Zq7wVx2mKp9tRb4n"
DOCUMENT = {"export": 1, "views": [], "cut": []}
CLUSTER = {"name": "prod", "healthy": True}


@pytest.fixture
def action(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The action, whose module answers with `said` and is told `asked`."""
    monkeypatch.setattr(ActionBase, "run", lambda *_more: {})
    made: Any = object.__new__(stemedb_debug_export.ActionModule)
    args = {"dest": str(tmp_path / "state.json"), "api_key": SECRET}
    made._task = SimpleNamespace(
        args=args, check_mode=False, changed_when=[], failed_when=[], until=[], retries=None
    )
    made.said = {"changed": True, "cluster": CLUSTER, "document": dict(DOCUMENT)}
    made.path = tmp_path / "state.json"

    def execute(module_args: dict[str, Any], **_more: Any) -> dict[str, Any]:
        made.asked = module_args
        return dict(made.said)

    made._execute_module = execute
    return made


def test_what_the_module_found_is_in_the_file_and_not_in_the_result(action: Any) -> None:
    found = action.run()
    assert found == {
        "changed": True,
        "cluster": CLUSTER,
        "findings": [],
        "dest": str(action.path),
        "size_bytes": action.path.stat().st_size,
    }
    assert json.loads(action.path.read_text()) == {**DOCUMENT, "findings": [], "include": {}}
    assert action.path.stat().st_mode & 0o777 == 0o600


def test_what_is_handed_in_stays_here_and_loses_its_secrets(action: Any) -> None:
    action._task.args["include"] = {
        "hosts": {"a": {"argv": ["x", "--token", "abcdefgh"], "log": [f"key is {SECRET}"]}}
    }
    action.run()
    assert action.asked["include"] == {}
    text = action.path.read_text()
    assert SECRET not in text
    assert "abcdefgh" not in text
    assert json.loads(text)["include"]["hosts"]["a"]["log"] == ["key is ********"]


def test_findings_stand_before_the_views_and_have_no_secrets(action: Any) -> None:
    action._task.args["include"] = {
        "hosts": {"a": {"problem": f"ssh: {SECRET} is refused", "probe": None, "gateway": None}}
    }
    (finding,) = action.run()["findings"]
    assert finding["kind"] == "unreachable_host"
    assert finding["evidence"] == ["a: ssh: ******** is refused"]
    kept = json.loads(action.path.read_text())
    assert kept["findings"] == [finding]
    assert list(kept) == ["export", "findings", "views", "cut", "include"]


def test_hosts_of_another_form_are_kept_and_not_judged(action: Any) -> None:
    action._task.args["include"] = {"hosts": {"a": "down", "b": {"clock": 1.0}}}
    assert action.run()["findings"] == []


def test_the_inventory_is_read_on_the_controller(action: Any) -> None:
    action._task.args["members"] = ["node-01", "node-02"]
    told = {"node-01": {"stemedb_node_address": "10.0.0.1"}, "node-02": {}}
    hostvars = SimpleNamespace(raw_get=told.__getitem__)
    node = {"node_id": "a" * 8, "address": "10.0.0.1:18182", "state": "Alive"}
    shards = {"shards": "0", "leader_shards": 1, "follower_shards": 0}
    action.said["overview"] = {"nodes": [{**node, **shards}]}
    action._templar = SimpleNamespace(template=lambda value: value)
    action._task.delegate_to = "localhost"
    found = action.run(task_vars={"hostvars": hostvars, "stemedb_cluster_name": "prod"})
    assert [(one["kind"], one["subject"]) for one in found["findings"]] == [
        ("unlisted_host", "node-02")
    ]
    # The module is told only which addresses get the API key.
    assert action.asked["members"] == ["10.0.0.1", "node-01", "node-02"]
    assert action.asked["limits"] == {}


def test_steps_name_the_inventory_and_the_commands_of_this_run(
    action: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANSIBLE_INVENTORY", raising=False)
    told = {
        "stemedb_node_address": "10.0.0.1",
        "stemedb_node_service_manager": "command",
        "stemedb_node_start_command": "run {{ stemedb_node_command_line }}",
        "stemedb_node_log_command": "cat {{ folder }}/log",
    }

    def template(value: Any) -> Any:
        if "command_line" in str(value):
            raise AnsibleUndefinedVariable("'stemedb_node_command_line' is undefined")
        return str(value).replace("{{ folder }}", "/srv")

    action._templar = SimpleNamespace(template=template)
    action._templar.copy_with_new_env = lambda **_more: action._templar
    action._task.args["members"] = ["node-01"]
    action._task.delegate_to = "localhost"
    node = {"node_id": "a" * 8, "address": "10.0.0.1:18182", "state": "Dead"}
    action.said["overview"] = {"nodes": [node]}
    hostvars = SimpleNamespace(raw_get={"node-01": told}.__getitem__)

    def steps(**known: Any) -> list[str]:
        (finding,) = action.run(task_vars={"hostvars": hostvars, **known})["findings"]
        return list(finding["next"])

    # What the command line of a node is only its role knows, so that no command is made up.
    assert steps()[0] == "on node-01: start its service; then cat /srv/log"
    replace = "ansible-playbook stemedb.cluster.replace_node{} -e stemedb_target=node-01 --check"
    inside = [str(tmp_path / "prod" / "hosts.yml")]
    assert steps(ansible_inventory_sources=inside)[-1] == replace.format(" -i prod/hosts.yml")
    # Ansible reads it without being told.
    assert steps(ansible_inventory_sources=["/etc/ansible/hosts"])[-1] == replace.format("")
    monkeypatch.setenv("ANSIBLE_INVENTORY", inside[0])
    assert steps(ansible_inventory_sources=inside)[-1] == replace.format(" -i prod/hosts.yml")


def test_hosts_that_are_only_among_the_new_are_to_be_added(action: Any) -> None:
    action._task.args["members"] = ["node-01", "node-02"]
    told = {host: {"stemedb_node_address": "10.0.0.9"} for host in ("node-01", "node-02")}
    node = {"node_id": "a" * 8, "address": "10.0.0.1:18182", "state": "Dead"}
    action.said["overview"] = {"nodes": [node]}
    action._task.delegate_to = "localhost"
    action._templar = SimpleNamespace(template=lambda value: value)
    groups = {"stemedb_nodes": ["node-01"], "stemedb_new_nodes": ["node-01", "node-02"]}
    hostvars = SimpleNamespace(raw_get=told.__getitem__)
    found = action.run(task_vars={"hostvars": hostvars, "groups": groups})["findings"]
    unlisted = [one for one in found if one["kind"] == "unlisted_host"]
    assert [(one["severity"], one["subject"]) for one in unlisted] == [
        ("warning", "node-01"),
        ("note", "node-02"),
    ]


def test_a_limit_that_is_none_is_refused_before_anything_is_asked(action: Any) -> None:
    action._task.args["limits"] = {"suspect_after": "soon"}
    with pytest.raises(AnsibleActionFail, match="suspect_after is no number: 'soon'"):
        action.run()
    assert not hasattr(action, "asked")


def test_a_key_of_the_environment_is_masked_too(
    action: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    del action._task.args["api_key"]
    monkeypatch.setenv("STEMEDB_API_KEY", SECRET)
    action._task.args["include"] = {"log": f"sent {SECRET}"}
    action.run()
    assert SECRET not in action.path.read_text()


def test_the_file_is_no_longer_than_it_may_be(action: Any) -> None:
    action._task.args.update(include={"log": ["x" * 100] * 10_000}, max_kib="64")
    assert action.run()["size_bytes"] <= 64 * 1024
    assert json.loads(action.path.read_text())["cut"][0]["place"] == "include/log"


def test_a_check_writes_nothing(action: Any) -> None:
    action._task.check_mode = True
    assert action.run()["changed"] is True
    assert not action.path.exists()


def test_a_failure_leaves_what_there_is(action: Any) -> None:
    action.said = {"failed": True, "msg": "Nobody answers.", "document": dict(DOCUMENT)}
    found = action.run()
    assert found["failed"] is True
    assert [one["kind"] for one in found["findings"]] == ["no_answer"]
    assert found["msg"] == f"Nobody answers. What is known is in {action.path}."
    assert action.path.exists()


@pytest.mark.parametrize("said", [{"failed": True, "msg": "wrong option"}, {"unreachable": True}])
def test_without_a_document_there_is_no_file(action: Any, said: dict[str, Any]) -> None:
    action.said = said
    assert action.run() == said
    assert not action.path.exists()


def test_a_place_that_cannot_be_is_a_failure(action: Any) -> None:
    action._task.args["dest"] = str(action.path / "missing" / "state.json")
    with pytest.raises(PrintedOnceError) as caught:
        action.run()
    assert caught.value.result["failure"]["code"] == "config"
    assert "cannot be used" in caught.value.message


def test_what_is_no_dictionary_is_refused(action: Any) -> None:
    action._task.args["include"] = ["a"]
    with pytest.raises(AnsibleActionFail, match="must be a dictionary"):
        action.run()
