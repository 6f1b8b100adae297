"""Every command of the documents is one that exists, with options and variables that exist."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import doc_commands
from tests.support.doc_commands import Command, commands, lines, parts, problem

COMMANDS = commands()


def test_each_command_is_known_and_right() -> None:
    assert [f"{one}: {wrong}" for one in COMMANDS if (wrong := problem(one))] == []


def test_commands_are_found_on_all_kinds_of_pages() -> None:
    assert len(COMMANDS) > 100
    found = {command.page for command in COMMANDS}
    assert "README.md" in found
    assert "docs/docsite/rst/tour.rst" in found
    assert "roles/stemedb_heal/README.md" in found


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("ansible-playbook stemedb.cluster.helth -i x.yml", "stemedb.cluster.helth is no playbook"),
        ("ansible-playbook stemedb.cluster.check_invocation -i x", "is no playbook"),
        ("ansible-playbook stemedb.cluster.health", "neither an inventory nor a gateway"),
        ("ansible-playbook stemedb.cluster.health -i x.yml --chek", "unrecognized arguments"),
        ("ansible-playbook stemedb.cluster.lock -i x -e stemedb_lock_brake=a", "is no variable"),
        ("ansible-playbook stemedb.cluster.lock -i x -e stemedb_lock_break", "has no value"),
        (
            "ansible-playbook stemedb.cluster.health -i x -e stemedb_rolling_restart_mode=x",
            "is one of restart, needed, reboot, not x",
        ),
        ("ansible localhost -m stemedb.cluster.stemedb_nodes_info", "is no module"),
        ("ansible localhost -m stemedb_node_info", "is not found outside of the checkout"),
        ("ansible localhost -m stemedb.cluster.stemedb_node_info -a nod=x", "has no option nod"),
        ("ansible localhost -m stemedb.cluster.stemedb_wait -a '{\"x\": 1}'", "has no option x"),
        ("make dokumentation", "has no target"),
        (".venv/bin/python scripts/demos.py", "there is no file"),
        (".venv/bin/python -m tests.bench.profiles", "there is no Python module"),
        (".venv/bin/python -m pytest tests/unit/test_no.py", "there is no file"),
        ("ansible-rulebook -r stemedb.cluster.replace_node -i x", "there is no rulebook"),
        ("stemedb-admin node list", "is no command that is known here"),
        ("A=1 frobnicate", "is no command that is known here"),
    ],
)
def test_what_is_wrong_is_found(text: str, wrong: str) -> None:
    assert wrong in (problem(Command("page.rst", 1, text)) or "")


def test_lines_of_a_page() -> None:
    page = """
.. code-block:: console

   $ make demo    # a comment
   its output
   $ ansible x \\
       -m y && make test

.. code-block:: shell

   # only a comment
   make docs

$ no command
"""
    found = [part for _number, line in lines(page, ".rst") for part in parts(line)]
    assert found == ["make demo", "ansible x -m y", "make test", "make docs"]


def test_lines_of_a_readme() -> None:
    page = "```console\n$ A=1 make demo; cd '/a b;c'\nout\n```\n```yaml\n# none\n```\n$ none\n"
    found = [part for _number, line in lines(page, ".md") for part in parts(line)]
    assert found == ["A=1 make demo", "cd '/a b;c'"]


def test_each_playbook_of_the_documents_can_be_read_by_ansible() -> None:
    named = sorted(
        {word for one in COMMANDS for word in one.words if word.startswith(doc_commands.OURS)}
        & {doc_commands.OURS + name for name in doc_commands.playbooks()}
    )
    assert named
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "--syntax-check"]
    done = subprocess.run(
        [*command, "-i", "localhost,", *named],
        cwd=doc_commands.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
