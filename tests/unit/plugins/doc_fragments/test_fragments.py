"""What documentation fragments promise: every user of one has what it documents."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.stemedb.cluster.plugins.doc_fragments import attributes

ROOT = Path(__file__).resolve().parents[4]
KINDS = ("modules", "lookup", "inventory")
EVERYTHING = "stemedb.cluster.gateway"


def documents() -> dict[str, dict[str, Any]]:
    """The documentation of each plugin that asks a gateway, by its path."""
    found = {}
    for path in sorted(file for kind in KINDS for file in (ROOT / "plugins" / kind).glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == (
                "DOCUMENTATION"
            ):
                text = yaml.safe_load(ast.literal_eval(node.value))
                if EVERYTHING in (text.get("extends_documentation_fragment") or ()):
                    found[f"{path.parent.name}/{path.stem}"] = text
    return found


FOUND = documents()


def test_the_plugins_of_this_collection_were_found() -> None:
    assert {"modules/stemedb_wait", "modules/stemedb_node_info", "lookup/stemedb"} <= set(FOUND)


@pytest.mark.parametrize("name", sorted(FOUND))
def test_the_timeout_of_a_call_is_documented_once(name: str) -> None:
    """By the fragment, or under another name where `timeout` is the module's own."""
    document = FOUND[name]
    by_fragment = f"{EVERYTHING}.timeout" in document["extends_documentation_fragment"]
    assert by_fragment != ("call_timeout" in document.get("options", {}))


@pytest.mark.parametrize("name", sorted(FOUND))
def test_plugins_take_variables_of_the_environment_by_a_fragment(name: str) -> None:
    fragments = FOUND[name]["extends_documentation_fragment"]
    assert (f"{EVERYTHING}.plugin" in fragments) != name.startswith("modules/")


@pytest.mark.parametrize("name", sorted(name for name in FOUND if name.startswith("modules/")))
def test_modules_say_what_they_support(name: str) -> None:
    assert "stemedb.cluster.attributes" in FOUND[name]["extends_documentation_fragment"]


@pytest.mark.parametrize("name", sorted(name for name in FOUND if name.endswith("_info")))
def test_what_only_reads_says_so(name: str) -> None:
    assert "stemedb.cluster.attributes.info_module" in FOUND[name]["extends_documentation_fragment"]


def test_an_info_module_supports_check_mode() -> None:
    shared = yaml.safe_load(attributes.ModuleDocFragment.INFO_MODULE)["attributes"]
    described = yaml.safe_load(attributes.ModuleDocFragment.DOCUMENTATION)["attributes"]
    assert shared["check_mode"]["support"] == "full"
    assert set(shared) <= set(described)
