"""The scenarios on real hosts: what molecule and podman would not complain about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.hosts import __main__ as hosts
from scripts.hosts import image, machine

FOLDER = Path(__file__).resolve().parents[2] / "extensions" / "molecule"
SCENARIOS = sorted(path.parent for path in FOLDER.glob("*/molecule.yml"))
SHARED: dict[str, Any] = yaml.safe_load((FOLDER / "config.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.name)
def test_every_step_of_a_scenario_has_its_playbook(scenario: Path) -> None:
    """molecule passes over a step whose playbook is missing, with a warning."""
    own: dict[str, Any] = yaml.safe_load((scenario / "molecule.yml").read_text(encoding="utf-8"))
    assert own["scenario"]["name"] == scenario.name
    playbooks = {**SHARED["ansible"]["playbooks"], **own.get("ansible", {}).get("playbooks", {})}
    sequence = own["scenario"].get("test_sequence", SHARED["scenario"]["test_sequence"])
    assert sequence[0] == sequence[-1] == "destroy"
    for step in sequence:
        # The second run of converge has no playbook of its own.
        playbook = playbooks["converge" if step == "idempotence" else step]
        assert (scenario / playbook).is_file(), f"{scenario.name}, {step}: {playbook}"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.name)
def test_no_playbook_of_a_scenario_is_unused(scenario: Path) -> None:
    named = " ".join(path.read_text(encoding="utf-8") for path in scenario.glob("*.yml"))
    for path in scenario.glob("*.yml"):
        assert path.name in ("molecule.yml", "inventory.yml") or path.name in named


def test_a_host_is_written_with_one_address_or_two() -> None:
    assert hosts.parse("a=192.0.2.1") == ("a", "192.0.2.1", "")
    assert hosts.parse("a=192.0.2.1,2001:db8::1") == ("a", "192.0.2.1", "2001:db8::1")


def test_images_of_different_recipes_have_different_names() -> None:
    assert len({image.tag(suite) for suite in image.SUITES}) == len(image.SUITES)
    assert all(image.tag(suite).startswith(f"{image.NAME}:{suite}-") for suite in image.SUITES)


def test_the_machine_is_asked_for_no_more_than_it_can_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_can_raise", lambda name: name != "nproc")
    lines = machine.settings()
    assert 'default_ulimits = ["nproc=20000:20000"]' in lines
    monkeypatch.setattr(machine, "_can_raise", lambda _name: True)
    assert "[containers]" not in machine.settings()
