"""`make eda`: what it needs, and that the rulebooks hand nothing of an event on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import apt, eda

ROOT = Path(__file__).resolve().parents[2]
BOOKS = sorted((ROOT / eda.RULEBOOKS).glob("*.yml"))


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    """A path with these programs alone."""
    for name, text in scripts.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_401"', 1),
        ("no version", 0),
    ],
)
def test_java_is_known_by_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, found: int
) -> None:
    programs(tmp_path, monkeypatch, java=f"echo '{said}' >&2")
    assert eda.java() == found
    assert eda.lacking() == ([] if found >= 17 else ["default-jre-headless"])


def test_without_java_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(tmp_path, monkeypatch)
    assert eda.java() == 0
    with pytest.raises(SystemExit) as error:
        apt.require("Events", eda.lacking(), may_install=False)
    told = "Events need: apt-get install --no-install-recommends default-jre-headless"
    assert error.value.code == told


def test_it_is_installed_if_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = tmp_path / "done"
    programs(tmp_path, monkeypatch, **{"apt-get": f'echo "$@" >> {done}'})
    apt.require("Events", ["default-jre-headless"], may_install=True)
    install = "-qq install --yes --no-install-recommends default-jre-headless"
    assert done.read_text(encoding="utf-8").splitlines() == ["-qq update", install]


def actions(book: Path) -> list[tuple[str, dict[str, Any]]]:
    """What each rule of a rulebook does."""
    (ruleset,) = yaml.safe_load(book.read_text(encoding="utf-8"))
    return [next(iter(rule["action"].items())) for rule in ruleset["rules"]]


@pytest.mark.parametrize("book", BOOKS, ids=lambda path: path.stem)
def test_a_rule_hands_on_nothing_of_an_event_and_never_says_that_something_is_to_change(
    book: Path,
) -> None:
    found = actions(book)
    job = book.stem.endswith("_job")
    handed = [
        do.get("job_args", {}).get("extra_vars", {}) if job else do["extra_vars"]
        for _name, do in found
    ]
    # Of a job that is said by its template.
    alone = {} if job else {"stemedb_unattended": "replace"}
    assert handed == [alone, {**alone, "stemedb_unattended_apply": False}]
    for name, do in found:
        assert "event" not in yaml.safe_dump({**do, "include_events": None}).replace(
            "include_events", ""
        )
        assert name == "run_playbook" or do["include_events"] is False


def test_both_rulebooks_have_the_same_rules() -> None:
    rules = []
    for book in BOOKS:
        (ruleset,) = yaml.safe_load(book.read_text(encoding="utf-8"))
        rules.append([{**rule, "action": None} for rule in ruleset["rules"]])
    assert len(rules) == 2
    assert rules[0] == rules[1]


def test_the_job_that_is_started_takes_what_it_is_told() -> None:
    example = (ROOT / "examples" / "controller" / "configure.yml").read_text(encoding="utf-8")
    assert "variable: stemedb_unattended_apply" in example
    assert "stemedb_unattended: replace" in example


def test_the_decision_environment_has_the_ansible_rulebook_that_is_tested() -> None:
    pin = re.compile(r"ansible-rulebook==[\d.]+")
    files = ("tests/requirements-eda.txt", "examples/controller/decision-environment.yml")
    found = [pin.findall((ROOT / name).read_text(encoding="utf-8")) for name in files]
    assert found[0] == found[1] != []
