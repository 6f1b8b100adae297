"""No time is without its zone, and there is one clock for all that the roles do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Ansible's own has no zone: only as a text that says UTC is it what it seems.
NOW = re.compile(r"\bnow\((?!utc=true, fmt='[^']*Z'\))|ansible_date_time|\bstrftime\b|to_datetime")
NAIVE = {"utcnow", "utcfromtimestamp", "localtime", "mktime", "ctime", "asctime", "today"}
NAIVE |= {"strptime"}
ZONED = {"now": 1, "fromtimestamp": 2}


def yaml_files() -> list[Path]:
    folders = [ROOT / "roles", ROOT / "playbooks", ROOT / "extensions"]
    found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if path.suffix in (".yml", ".j2", ".yaml"))


def python_files() -> list[Path]:
    folders = ("plugins", "scripts", "tests/devcluster")
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def times_without_a_zone(tree: ast.AST) -> Iterator[int]:
    """The lines that make a time of which the zone is not said."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name, said = node.func.attr, len(node.args) + len(node.keywords)
        of = ast.unparse(node.func.value)
        naive = of.endswith(("datetime", "date", "time")) and name in NAIVE
        zoned = ZONED if of.endswith("datetime") else {"strftime": 2} if of == "time" else {}
        if naive or said < zoned.get(name, 0):
            yield node.lineno


def test_no_role_or_playbook_asks_for_a_time_without_a_zone() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in yaml_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1)
        if NOW.search(line)
    ]
    assert found == []


def test_no_python_makes_a_time_without_a_zone() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in python_files()
        for number in times_without_a_zone(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("{{ now(utc=true).timestamp() }}", True),
        ("{{ now() }}", True),
        ("{{ now(utc=true, fmt='%Y%m%dT%H%M%SZ') }}", False),
        ("{{ now(utc=true, fmt='%s') }}", True),
        ("{{ '%Y' | strftime }}", True),
        ("{{ ansible_date_time.epoch }}", True),
        ("{{ lookup('stemedb.cluster.clock', 'wall') }}", False),
    ],
)
def test_the_check_of_templates_finds_what_it_looks_for(text: str, refused: bool) -> None:
    assert bool(NOW.search(text)) is refused


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("datetime.now()", True),
        ("datetime.now(timezone.utc)", False),
        ("datetime.utcnow()", True),
        ("datetime.datetime.fromtimestamp(1)", True),
        ("datetime.fromtimestamp(1, tz=timezone.utc)", False),
        ("datetime.strptime('1', '%d')", True),
        ("time.strftime('%Y')", True),
        ("time.strftime('%Y', time.gmtime())", False),
        ("time.localtime()", True),
    ],
)
def test_the_check_of_python_finds_what_it_looks_for(text: str, refused: bool) -> None:
    assert bool(list(times_without_a_zone(ast.parse(text)))) is refused
