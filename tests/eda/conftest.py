"""What the tests of rulebooks share: the real ansible-rulebook, on hosts of loopback.

running = start(ansible, declared(site), folder, urls)
running.until(lambda one: len(plans(one)) == 1)
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.conftest import BIN, ROOT, Ansible, Running, ansible
from tests.integration.inventories import SECRET, Site, as_text
from tests.integration.repository import followed

__all__ = ["ansible"]

RULEBOOK = ROOT / "extensions" / "eda" / "rulebooks" / "replace_dead_node.yml"
SHOWN = "Show the plan, or refuse it"
# Longer than it takes until a member that hung for a moment is Alive again, on a loaded machine.
SETTLE = 4
INTERVAL = 0.5


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three members and a spare. The dead stay listed until a test says otherwise."""
    folder = tmp_path_factory.mktemp("site")
    with followed(folder) as made:
        made.host("spare")
        yield made


def declared(site: Site, **settings: Any) -> dict[str, Any]:
    """The inventory that Git has: three members, a spare, and localhost."""
    *members, spare = site.hosts
    found = site.inventory(stemedb_nodes=members, others=[spare])
    found["all"]["vars"] |= as_text({"stemedb_spares": [spare.name], **settings})
    found["all"]["hosts"] = {"localhost": {}}
    return found


def start(
    ansible: Ansible,
    inventory: dict[str, Any],
    folder: Path,
    urls: list[str],
    run_within: str = "1 millisecond",
    page_after: str = "1 minute",
    **variables: Any,
) -> Running:
    """Start the rulebook.

    :param folder: a new one, for what the rulebook is given.
    :param urls: the gateways that the source asks.
    :param run_within: in which one run is enough; no variable of the rulebook can shorten it.
    :param page_after: the same of the other rule.
    :param variables: of the rulebook, beside those that make it quick.
    """
    (folder / "inventory").mkdir(parents=True)
    (folder / "inventory" / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    given = {
        "stemedb_gateway_url": ",".join(urls),
        "stemedb_events_interval": INTERVAL,
        "stemedb_events_settle": SETTLE,
        **variables,
    }
    (folder / "vars.json").write_text(json.dumps(given), encoding="utf-8")
    text = RULEBOOK.read_text(encoding="utf-8")
    for name, value in (("once_within", run_within), ("once_after", page_after)):
        assert text.count(f"{name}: 1 minute\n") == 1
        text = text.replace(f"{name}: 1 minute\n", f"{name}: {value}\n")
    (folder / RULEBOOK.name).write_text(text, encoding="utf-8")
    return ansible.start(
        "ansible-rulebook",
        *("--rulebook", str(folder / RULEBOOK.name)),
        *("--inventory", str(folder / "inventory")),
        *("--vars", str(folder / "vars.json")),
        "--print-events",
        env={
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_PIPELINING": "1",
            # It looks for ansible-playbook on the path.
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",  # events are printed when they come
            "STEMEDB_API_KEY": SECRET,
        },
    )


def plans(running: Running) -> list[str]:
    """What each run of the playbook made of its plan so far: `ok` or `failed`."""
    return [found.status for found in running.tasks if found.task == SHOWN]


def kinds(running: Running) -> list[str]:
    """The kinds of the events so far."""
    return re.findall(r"'kind': '(\w+)'", running.stdout)
