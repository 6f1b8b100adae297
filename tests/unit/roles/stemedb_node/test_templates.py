"""The configuration that the role stemedb_node writes is valid TOML, whatever stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomllib
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROOT = Path(__file__).resolve().parents[4]
TEMPLATE = ROOT / "roles/stemedb_node/templates/node.toml.j2"


def rendered(**variables: Any) -> dict[str, Any]:
    known = {
        "ansible_managed": "Ansible managed",
        "stemedb_cluster_name": "prod",
        "_stemedb_node_seeds": ["node-01:18183"],
        "stemedb_node_gateway_port": 18181,
        "stemedb_node_rpc_port": 18182,
        "stemedb_node_gossip_port": 18183,
    }
    templar = Templar(loader=DataLoader(), variables={**known, **variables})
    text: str = templar.template(
        # As the module and the lookup do.
        trust_as_template(TEMPLATE.read_text(encoding="utf-8")),
        escape_backslashes=False,
    )
    return tomllib.loads(text)


def every_character() -> Iterator[str]:
    """All that Unicode has but halves of pairs, in texts of some thousands."""
    whole = [chr(number) for number in range(0x110000) if not 0xD800 <= number < 0xE000]
    yield from ("".join(whole[start : start + 0x4000]) for start in range(0, len(whole), 0x4000))


def test_every_character_is_written_as_it_is() -> None:
    for text in every_character():
        said = rendered(stemedb_cluster_name=text, _stemedb_node_seeds=[text, "b"])
        assert said["cluster_name"] == text
        assert said["seed_nodes"] == [text, "b"]


@pytest.mark.parametrize("name", ["prod 🚀", 'a"b\\c', "\x00\x07\x1f\x7f\x80", "{{ x }}", "1", ""])
def test_a_name_is_a_text(name: str) -> None:
    assert rendered(stemedb_cluster_name=name) == {
        "cluster_name": name,
        "seed_nodes": ["node-01:18183"],
        "gateway_port": 18181,
        "rpc_port": 18182,
        "gossip_port": 18183,
    }


def test_a_number_for_a_name_is_a_text() -> None:
    assert rendered(stemedb_cluster_name=7)["cluster_name"] == "7"
