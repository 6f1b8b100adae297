"""A failed task as lines, and the command that is run again."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._terminal.failure import (
    command,
    failure_lines,
    first_reason,
)


def test_a_failure_names_host_task_and_reason() -> None:
    assert failure_lines("node-01", "Stop it", {"msg": "It runs on.\nSee its log."}) == [
        "✗ node-01: Stop it",
        "  It runs on.",
        "  See its log.",
    ]


def test_a_command_that_failed_shows_what_it_said_first_and_last() -> None:
    result = {"msg": "non-zero return code", "rc": 3, "stderr": "1\n2\n3\n4\n5\n", "stdout": "out"}
    lines = failure_lines("a", "Run it", result)
    assert lines[1:] == [
        "  non-zero return code",
        "  exit status 3",
        *("  1", "  [...]", "  4", "  5"),
        "  out",
    ]


def test_where_no_python_runs_modules_the_cure_is_said() -> None:
    said = {"msg": "Module result deserialization failed", "rc": 127}
    lines = failure_lines("a", "Look", {**said, "module_stdout": "", "module_stderr": "not found"})
    assert lines[3] == (
        "  No Python: set ansible_python_interpreter for this host, such as to /usr/bin/python3"
    )
    assert "No Python" not in str(failure_lines("a", "Run", {**said, "stdout": ""}))


def test_of_a_loop_only_the_items_that_failed_are_shown() -> None:
    results = [
        {"item": "a", "failed": False, "msg": "well"},
        {"item": "b", "failed": True, "msg": "full"},
        {"port": 7, "ansible_loop_var": "port", "unreachable": True, "msg": "silent"},
        "no dictionary",
    ]
    result = {"msg": "One or more items failed", "results": results}
    assert failure_lines("h", "Try", result)[1:] == ["  b: full", "  7: silent"]
    assert first_reason(result) == "b: full"


def test_a_long_failure_is_cut() -> None:
    lines = failure_lines("h", "Try", {"msg": "\n".join(map(str, range(30)))})
    assert len(lines) == 12
    assert lines[-1] == "  and 20 more lines; -v shows all"


@pytest.mark.parametrize("result", [{}, {"msg": None}, {"msg": " \n\t"}])
def test_a_failure_without_a_message_says_so(result: dict[str, Any]) -> None:
    assert first_reason(result) == "it failed without a message"
    assert failure_lines("h", "Try", result)[1:] == ["  it failed without a message"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["x.y.add_node", "-i", "a b.yml"], ["x.y.add_node", "-i", "'a b.yml'"]),
        (["p", "-e", "stemedb_target=node-04"], ["p", "-e", "stemedb_target=node-04"]),
        (["p", "-e", "stemedb_api_key=0123"], ["p", "-e", "stemedb_api_key=..."]),
        (["p", "-estemedb_api_key=0123"], ["p", "-estemedb_api_key=..."]),
        (["p", "--extra-vars=db_password=0123"], ["p", "--extra-vars=db_password=..."]),
        (["p", "-e", '{"api_key": "0123", "a": "b=c"}'], ["p", "-e", "..."]),
        (["p", "-e", "a=1 token=0123"], ["p", "-e", "..."]),
        (["p", "-e", "@secrets.yml"], ["p", "-e", "@secrets.yml"]),
        (["p", "-e", "@vars.yml", "--check"], ["p", "-e", "@vars.yml", "--check"]),
        (["p", "-e@secrets.yml", "-C"], ["p", "-e@secrets.yml", "-C"]),
        (["p", "--extra", "stemedb_api_key=0123"], ["p", "--extra", "stemedb_api_key=..."]),
        (["p", "--e", "stemedb_api_key=0123"], ["p", "--e", "stemedb_api_key=..."]),
        (["p", "--ex=stemedb_api_key=0123"], ["p", "--ex=stemedb_api_key=..."]),
        (["p", "-Ce", "stemedb_api_key=0123"], ["p", "-Ce", "stemedb_api_key=..."]),
        (["p", "-Destemedb_api_key=0123"], ["p", "-Destemedb_api_key=..."]),
        (["p", '-be{"api_key": "0123"}'], ["p", "-be..."]),
        (["p", "-e", "bearer=0123"], ["p", "-e", "bearer=..."]),
        (["p", "-e", "gw_auth=0123"], ["p", "-e", "gw_auth=..."]),
        (
            ["p", "-e", "stemedb_page_url=https://hooks.example/0123"],
            ["p", "-e", "stemedb_page_url=..."],
        ),
        (
            ["p", "-e", "stemedb_gateway_url=https://op:0123@gw:8180/"],
            ["p", "-e", "stemedb_gateway_url=..."],
        ),
        (
            ["p", "-e", "stemedb_gateway_url=https://gw:8180/", "-i", "keys/hosts"],
            ["p", "-e", "stemedb_gateway_url=https://gw:8180/", "-i", "keys/hosts"],
        ),
        (["p", "-e", "it's token=0123"], ["p", "-e", "..."]),
        (["p", "-e", "it's_token=0123"], ["p", "-e", """'it'"'"'s_token=...'"""]),
    ],
)
def test_the_command_can_be_copied_and_has_no_secret(given: list[str], shown: list[str]) -> None:
    lines = command(["/venv/bin/ansible-playbook", *given], 200)
    assert lines == [" ".join(["  ansible-playbook", *shown])]
    assert "0123" not in "".join(lines)


def test_a_long_command_is_continued_where_it_may_be() -> None:
    lines = command(["ansible-playbook", "stemedb.cluster.add_node", "-i", "inventory.yml"], 40)
    assert lines == [
        "  ansible-playbook \\",
        "    stemedb.cluster.add_node \\",
        "    -i inventory.yml",
    ]
