"""Lines of the documents that show output are those that the code prints today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import labelled
from ansible_collections.stemedb.cluster.tests.unit.support.preflight_facts import good, judged

from tests.support.screens import SCREENS, words

ROOT = Path(__file__).resolve().parents[2]
RST = ROOT / "docs/docsite/rst"
TOUR = (RST / "tour.rst").read_text(encoding="utf-8")


def shape(line: str) -> str:
    """A line without its paths and numbers."""
    return re.sub(r"\d+(\.\d+)?", "N", re.sub(r"/[\w./-]*\w", "PATH", line)).replace(
        " / ", " PATH "
    )


def test_findings_of_the_preflight_checks_read_as_in_the_tour() -> None:
    facts = good()
    assert facts.cluster is not None
    facts.cluster["cluster"]["name"] = "dev"
    facts.probe["free_space"] = [{"path": "/data", "checked_path": "/data", "free_bytes": 1}]
    found = judged(facts, cluster_name="demo", min_free_disk_gb=100)
    lines = {row["kind"]: row["text"] for row in labelled(found, ())}
    # The callback breaks lines.
    shown = shape(" ".join(TOUR.split()))
    for kind in ("disk_space", "cluster_name"):
        assert shape(" ".join(lines[kind].split())) in shown


@pytest.mark.parametrize("page", ["tour", "add_node"])
def test_the_source_of_an_id_reads_as_in_the_plan(page: str) -> None:
    plan = (ROOT / "roles/stemedb_add_node/tasks/plan.yml").read_text(encoding="utf-8")
    who = yaml.safe_load(plan)[0]["vars"]["who"]
    pattern = "".join(
        ".+" if part.startswith("{{") else re.escape(part)
        for part in re.split(r"(\{\{.*?\}\})", who)
    )
    text = (RST / f"{page}.rst").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if re.match(r" +node-\d+ is node ", line)]
    shown = [line for line in lines if "(" in line]
    assert shown
    assert [line for line in shown if not re.fullmatch(pattern, line)] == []


def test_the_step_of_the_tour_that_failed_is_one_of_the_role() -> None:
    steps = re.findall(r"Failed step: (.*)", TOUR)
    text = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("roles/*/tasks/*.yml"))
    assert steps
    assert [step for step in steps if f"- name: {step}\n" not in text] == []


# What the demo calls otherwise than the tests of the screens.
DEMO = (
    (r"/\S*/\.demo/", "/FOLDER/hosts/"),
    (r"out of the group stemedb_new_nodes", "out of the group stemedb_nodes"),
)
# The lines of --diff, which the stored screens are without.
DIFF = re.compile(r"^ +(?:[+@-]|node-\d+:$|\S+: what differs is hidden).*\n", re.MULTILINE)
SAMPLES = [
    ("terminal", "add_node", "-e stemedb_target=node-04", "add"),
    ("tour", "add_node", "-e stemedb_target=node-04", "add"),
    ("tour", "remove_node", "-e stemedb_target=node-04 -e stemedb_confirm=node-04", "remove"),
    ("tour", "replace_node", "-e stemedb_target=node-03", "replace"),
    ("tour", "rolling_restart", "", "rolling_restart"),
    ("add_node", "add_node", "--check --diff", "add_check"),
]


def sample(page: str, playbook: str, options: str) -> list[str]:
    """What a page shows below the first such command, in the pieces between `[...]`."""
    text = (RST / f"{page}.rst").read_text(encoding="utf-8")
    command = f"   $ ansible-playbook stemedb.cluster.{playbook} -i scripts/demo/inventory.yml"
    _above, found, below = text.partition(f"{command} {options}".rstrip() + "\n")
    assert found, f"{page}: no {playbook} {options}"
    shown = re.split(r"^(?:   \$ .*|\S.*)$", below, maxsplit=1, flags=re.MULTILINE)[0]
    return [
        piece for piece in re.split(r"^ +\[\.\.\.\]$", shown, flags=re.MULTILINE) if piece.strip()
    ]


@pytest.mark.parametrize(("page", "playbook", "options", "screen"), SAMPLES)
def test_a_sample_reads_as_the_screen_that_a_run_is_compared_with(
    page: str, playbook: str, options: str, screen: str
) -> None:
    stored = words((SCREENS / f"{screen}.txt").read_text(encoding="utf-8"))
    pieces = sample(page, playbook, options)
    assert pieces
    place = 0
    for piece in pieces:
        text = DIFF.sub("", piece)
        for pattern, word in DEMO:
            text = re.sub(pattern, word, text)
        found = stored.find(words(text), place)
        assert found >= 0, f"not on the screen {screen}, or not there: {words(text)}"
        place = found
