"""The callback operation, by real runs on a terminal: plays that are not of the collection.

Procedures of the collection are in tests/integration/test_operation.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

import pytest
import yaml
from ansible_collections.stemedb.cluster.plugins.callback import operation

from tests.support.on_terminal import ROOT, Shown, Terminal, run

BIN = Path(sys.executable).parent
CALLBACK = "stemedb.cluster.operation"


def environment(home: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_STDOUT_CALLBACK": CALLBACK,
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_REMOTE_TMP": str(home / "tmp"),
        **more,
    }


def play(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    known = {"name": "Web servers", "hosts": "localhost", "gather_facts": False}
    return {**known, "connection": "local", **more, "tasks": list(tasks)}


def command(folder: Path, *plays: Mapping[str, Any], flags: tuple[str, ...] = ()) -> list[str]:
    path = folder / "site.yml"
    path.write_text(yaml.safe_dump(list(plays), sort_keys=False), encoding="utf-8")
    return [str(BIN / "ansible-playbook"), str(path), *flags]


def shown(folder: Path, *plays: dict[str, Any], flags: tuple[str, ...] = (), **env: str) -> Shown:
    return run(command(folder, *plays, flags=flags), environment(folder, **env))


def piped(
    folder: Path, *plays: dict[str, Any], flags: tuple[str, ...] = (), **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, *plays, flags=flags),
        cwd=ROOT,
        env=environment(folder, **env),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


CHANGES: dict[str, Any] = {
    "name": "Write a file",
    "ansible.builtin.copy": {"content": "text\n", "dest": "{{ playbook_dir }}/file"},
}
FAILS: dict[str, Any] = {
    "name": "Ask a command",
    "ansible.builtin.command": {"cmd": "sh -c 'echo because >&2; exit 3'"},
}
# Erases the screen, sets the title, turns the text around.
STEERS = "a\x1b[2Jb\x1b]0;c\x07d\u202e\r\x9be"


def test_changes_failures_and_warnings_of_any_play_are_shown(tmp_path: Path) -> None:
    warns = {"name": "Warn", "stemedb_test_warns": {}}
    library = tmp_path / "library"
    library.mkdir()
    (library / "stemedb_test_warns.py").write_text(
        "from ansible.module_utils.basic import AnsibleModule\n"
        "module = AnsibleModule({})\n"
        "module.warn('the disk is slow')\n"
        "module.exit_json()\n"
    )
    said = {"name": "Say", "ansible.builtin.debug": {"msg": "hello\nworld"}}
    ignored = {**FAILS, "name": "Try", "ignore_errors": True}
    found = shown(tmp_path, play(CHANGES, warns, said, ignored, FAILS))
    assert found.rc == 2
    text = "\n".join(found.lines)
    assert "changed localhost: Write a file" in text
    assert "[WARNING]: the disk is slow" in text
    assert "localhost: hello\nworld" in text
    assert "! localhost: Try, ignored: " in text
    assert found.lines[-5] == "✗ localhost: Ask a command"
    assert "non-zero return code" in found.lines[-4]
    assert found.lines[-3:-1] == ["  exit status 3", "  because"]
    assert found.lines[-1].startswith("✗ The playbook failed after ")
    assert found.lines[-1].endswith("; changes: localhost 1")
    # The file was written, the warning is yellow, the failures are red.
    assert set().union(*found.colours) >= {"red"}
    # Nothing of what was overwritten is left.
    assert not [line for line in found.lines if line.endswith("...")]


def test_what_a_loop_or_a_blank_failure_says_is_shown(tmp_path: Path) -> None:
    says = {"name": "Say", "ansible.builtin.debug": {"msg": "item {{ item }}"}, "loop": [1, 2]}
    blank = {"name": "Try", "ansible.builtin.fail": {"msg": " "}, "ignore_errors": True}
    told = piped(tmp_path, play(says, blank))
    assert told.stdout.splitlines()[:3] == [
        "localhost: item 1",
        "localhost: item 2",
        "! localhost: Try, ignored: it failed without a message",
    ]


def test_a_refusal_below_a_plan_in_short_says_why(tmp_path: Path) -> None:
    given = {"lines": ["a long plan"], "short": ["a plan"], "fail_msg": "There is no room."}
    told = piped(tmp_path, play({"name": "Plan it", "stemedb.cluster.stemedb_show": given}))
    assert told.stdout.splitlines()[:3] == [
        "a plan",
        "✗ localhost: Plan it",
        "  There is no room.",
    ]


def test_a_report_of_one_host_hides_no_failure_of_another(tmp_path: Path) -> None:
    report = {
        "name": "Report",
        "stemedb.cluster.stemedb_show": {
            "lines": ["long"],
            "short": ["✗ bootstrap of n1 did not finish."],
            "fail_msg": "see the report above.",
        },
        "run_once": True,
    }
    # A task of the collection, which lacks its variables.
    role = {"name": "stemedb.cluster.stemedb_add_node", "tasks_from": "plan.yml"}
    both = {"block": [{"ansible.builtin.include_role": role}], "rescue": [report]}
    plays = play(both, hosts="all", any_errors_fatal=True)
    told = piped(tmp_path, plays, flags=("-i", "n1,n2"))
    failed = [line for line in told.stdout.splitlines() if line.startswith("✗")]
    assert failed == [
        "✗ bootstrap of n1 did not finish.",
        "✗ n2: Show the plan, or why the node is not added",
    ]


def test_a_run_without_a_task_says_so(tmp_path: Path) -> None:
    told = piped(tmp_path, play(CHANGES), flags=("--start-at-task", "nosuch"))
    assert told.stdout.splitlines()[-1] == (
        "! The playbook ran no task: nothing was done or checked"
    )


def test_a_host_that_cannot_be_reached_is_shown(tmp_path: Path) -> None:
    lost = play(CHANGES, hosts="lost", connection="ssh")
    flags = ("-i", "lost,", "-e", "ansible_host=127.0.0.1 ansible_port=1 ansible_ssh_args=''")
    found = shown(tmp_path, lost, flags=flags)
    assert found.rc == 4
    assert "✗ lost: Write a file" in found.lines
    assert any("Connection refused" in line for line in found.lines)


def test_nothing_that_is_shown_steers_the_terminal(tmp_path: Path) -> None:
    says = {"name": "Say", "ansible.builtin.debug": {"msg": STEERS}}
    shows = {"name": "Show", "stemedb.cluster.stemedb_show": {"lines": [STEERS]}}
    fails = {"name": "Fail", "ansible.builtin.fail": {"msg": STEERS}}
    found = shown(tmp_path, play(says, shows, fails), NO_COLOR="1")
    shows_it = "a\\x1b[2Jb\\x1b]0;c\\x07d\\u202e"
    assert sum(shows_it in line for line in found.lines) == 3
    # What is left is our own: to overwrite a line.
    rest = found.raw.replace("\x1b[K", "")
    assert "\x1b" not in rest
    assert "\u202e" not in rest
    assert "\x9b" not in rest


def test_no_colour_where_nobody_wants_it(tmp_path: Path) -> None:
    found = shown(tmp_path, play(CHANGES), NO_COLOR="1")
    assert set().union(*found.colours) == set()
    assert "\x1b[K" in found.raw
    told = piped(tmp_path, play(CHANGES))
    assert "\x1b" not in told.stdout + told.stderr
    assert "\r" not in told.stdout + told.stderr


def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path) -> None:
    found = shown(tmp_path, play(CHANGES), TERM="dumb", NO_COLOR="1")
    assert "\x1b" not in found.raw
    assert found.lines[-1].endswith("; changes: localhost 1")


def test_no_line_is_longer_than_the_terminal(tmp_path: Path) -> None:
    words = {"name": "Say", "ansible.builtin.debug": {"msg": "word " * 60}}
    arguments = command(tmp_path, play(words, CHANGES))
    found = run(arguments, environment(tmp_path), columns=60)
    assert max(map(len, found.lines)) <= 60
    told = piped(tmp_path, play(words))
    assert max(map(len, told.stdout.splitlines())) <= 100


@pytest.mark.parametrize("flags", [("-v",), ("-v", "--check", "--diff")])
def test_verbose_is_the_default_output(tmp_path: Path, flags: tuple[str, ...]) -> None:
    plays = play({"name": "Say", "ansible.builtin.debug": {"msg": "hello"}}, FAILS)
    ours = piped(tmp_path, plays, flags=flags)
    theirs = piped(tmp_path, plays, flags=flags, ANSIBLE_STDOUT_CALLBACK="default")
    steady = [line for line in theirs.stdout.splitlines() if "delta" not in line]
    assert [line for line in ours.stdout.splitlines() if "delta" not in line] == steady
    assert "TASK [Say]" in ours.stdout


def test_check_and_diff(tmp_path: Path) -> None:
    found = shown(tmp_path, play(CHANGES), flags=("--check", "--diff"))
    assert "+text" in found.lines
    assert any(line.endswith("would change localhost: Write a file") for line in found.lines)
    assert found.lines[-1].startswith("✓ The playbook --check finished in ")


def test_a_run_that_is_interrupted_says_where(tmp_path: Path) -> None:
    waits = {"name": "Wait long", "ansible.builtin.wait_for": {"timeout": 600}}
    running = Terminal(command(tmp_path, play(CHANGES, waits)), environment(tmp_path))
    running.until("Wait long ...")
    running.interrupt()
    found = running.end()
    assert found.rc == 99
    assert found.lines[-2].startswith("✗ The playbook ended early, after ")
    assert found.lines[-2].endswith('at "Web servers"; changes: localhost 1')
    assert found.lines[-1] == "! localhost: Wait long: had begun, and may be done"
    assert "[ERROR]: User interrupted execution" in found.lines


def test_a_failing_handler_is_shown(tmp_path: Path) -> None:
    handler = {**FAILS, "name": "Restart it"}
    notifies = {**CHANGES, "notify": "Restart it"}
    found = piped(tmp_path, play(notifies, handlers=[handler]))
    assert "✗ localhost: Restart it" in found.stdout
    assert found.returncode == 2


def test_the_command_ansible_shows_results_as_ever(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(BIN / "ansible"), "localhost", "-m", "ansible.builtin.debug", "-a", "msg=hello"],
        cwd=ROOT,
        env=environment(tmp_path, ANSIBLE_LOAD_CALLBACK_PLUGINS="1"),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert '"msg": "hello"' in done.stdout


@pytest.mark.parametrize(
    ("path", "below"),
    [
        ("playbooks/health.yml", "playbooks/health.yml"),
        (".collections/ansible_collections/stemedb/cluster/roles/x/tasks/main.yml", None),
        ("examples/gitops/site.yml", ""),
        ("/etc/passwd", ""),
        ("", ""),
    ],
)
def test_a_file_of_the_collection_is_known(path: str, below: Optional[str]) -> None:
    found = operation._below(str(ROOT / path))
    assert found == ("roles/x/tasks/main.yml" if below is None else below)


def test_with_ansible_runner_the_roles_own_output_is_there(tmp_path: Path) -> None:
    """It has a callback of its own, whatever the configuration says."""
    (tmp_path / "ansible.cfg").write_text(
        f"[defaults]\ncollections_path = {ROOT / '.collections'}\nstdout_callback = {CALLBACK}\n"
    )
    project = tmp_path / "project"
    project.mkdir()
    lines = {"lines": ["the whole report"], "short": ["in short"]}
    command(project, play({"name": "Show", "stemedb.cluster.stemedb_show": lines}))
    more = {"ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"), "TERM": "xterm"}
    env = {**environment(tmp_path, **more), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    del env["ANSIBLE_STDOUT_CALLBACK"]
    done = subprocess.run(
        [str(BIN / "ansible-runner"), "run", str(tmp_path), "-p", "site.yml"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "the whole report" in done.stdout
    assert "in short" not in done.stdout
    assert "PLAY RECAP" in done.stdout


def test_a_play_without_hosts_is_named_unless_it_excludes_all_on_purpose(tmp_path: Path) -> None:
    without = play({"ansible.builtin.debug": {}}, name="Nobody", hosts="nobody")
    skipped = play({"ansible.builtin.debug": {}}, name="On purpose", hosts=["localhost", "!all"])
    skipped["hosts"].append("!localhost")
    step = play({"ansible.builtin.debug": {}}, name="On purpose too", hosts=["localhost"])
    step["hosts"].append("!localhost")
    done = piped(tmp_path, without, skipped, step, flags=("-i", "localhost,nobody_else,"))
    assert "! No host for the play 'Nobody': it is skipped." in done.stdout
    assert "On purpose" not in done.stdout
