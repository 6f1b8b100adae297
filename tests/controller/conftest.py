"""What the tests of examples/controller share: an AWX that the example has configured."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.controller.awx import Awx
from tests.integration.conftest import ROOT, Ansible, Run, ansible
from tests.integration.inventories import SECRET

__all__ = ["ansible"]
EXAMPLE = ROOT / "examples" / "controller"
COLLECTIONS = ROOT / ".venv-controller" / "collections"
CLUSTER = "StemeDB prod"
CREDENTIALS = ("StemeDB hosts", f"{CLUSTER}: API key")


def configure(
    ansible: Ansible, awx: Awx, *flags: str, key: str = SECRET, warnings: bool = False
) -> Run:
    """Run the playbook of the example; it does not print the key."""
    paths = os.pathsep.join(map(str, (COLLECTIONS, ROOT / ".collections")))
    env = {"ANSIBLE_COLLECTIONS_PATH": paths, "STEMEDB_API_KEY": key, **awx.environment}
    command = ("ansible-playbook", str(EXAMPLE / "configure.yml"), *flags)
    run = ansible.start(*command, env=env).end(warnings=warnings)
    assert not key or key not in run.stdout + run.stderr, "the key is printed"
    return run


def installed() -> Awx:
    """AWX as it is at first, with the one credential that the example does not make."""
    awx = Awx()
    awx.add("credentials", name=CREDENTIALS[0])
    return awx


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Awx]:
    """For all tests of a file: what one changes, those below find changed."""
    ansible = Ansible(tmp_path_factory.mktemp("ansible"))
    with installed() as awx:
        run = configure(ansible, awx)
        assert run.ok, run
        yield awx
