"""What the site changes of the pages that antsibull-docs writes."""

from __future__ import annotations

from pathlib import Path

import yaml

from scripts import docs
from tests.support.doc_commands import playbooks

ROOT = Path(__file__).resolve().parents[2]
INDEX = """Stemedb.Cluster
===============

.. ansible-links::

Filter Plugins
~~~~~~~~~~~~~~

* :ansplugin:`table filter <stemedb.cluster.table#filter>` -- Nodes as tables
* :ansplugin:`typed filter <stemedb.cluster.typed#filter>` -- [INTERNAL] Convert text

.. toctree::

    table_filter
    typed_filter
"""


def test_internal_plugins_have_a_page_of_their_own() -> None:
    index, internal = docs.divided(INDEX)
    assert "typed" not in index
    assert "    table_filter\n" in index
    assert "    typed_filter\n" in internal
    assert " -- Convert text\n" in internal
    assert "table" not in internal


def test_the_landing_page_comes_before_the_links() -> None:
    assert docs.with_landing(INDEX, "First\n").startswith("First\n.. ansible-links::")


def entries(role: str) -> tuple[dict[str, dict[str, object]], dict[str, dict[str, object]]]:
    """The entry points of a role as they are, and as the site shows them."""
    path = ROOT / "roles" / role / "meta" / "argument_specs.yml"
    text = path.read_text(encoding="utf-8")
    found = (yaml.safe_load(one) for one in (text, docs.with_options_once(text)))
    before, after = (one["argument_specs"] for one in found)
    return before, after


def test_a_role_page_has_each_option_once() -> None:
    before, after = entries("stemedb_replace_node")
    assert list(after) == list(before)
    assert after["finish"]["options"] == {}
    assert "Its options are those of C(main)." in str(after["finish"]["description"])
    left = set(before["main"]["options"]) - set(after["main"]["options"])  # type: ignore[call-overload]
    assert left == set(docs.GATEWAY)
    assert docs.SEE_GATEWAY in str(after["main"]["description"])


def test_a_default_of_its_own_stays_on_the_page_of_the_role() -> None:
    _before, after = entries("stemedb_preflight")
    assert "stemedb_gateway_url" in str(after["main"]["options"])
    assert "O(stemedb_control_host" not in str(after)


def test_the_variables_that_roles_leave_out_are_on_the_page_of_the_gateway() -> None:
    page = (ROOT / "docs/docsite/rst/gateway.rst").read_text(encoding="utf-8")
    assert [name for name in docs.GATEWAY if f"``{name}``" not in page] == []


def test_each_playbook_is_on_the_page_of_playbooks() -> None:
    page = (ROOT / "docs/docsite/rst/playbooks.rst").read_text(encoding="utf-8")
    assert [name for name in sorted(playbooks()) if f"   * - :ref:`{name} <" not in page] == []


def test_no_page_is_left_out_of_the_index() -> None:
    index = yaml.safe_load((ROOT / "docs/docsite/extra-docs.yml").read_text(encoding="utf-8"))
    listed = [name for section in index["sections"] for name in section["toctree"]]
    assert sorted(listed) == sorted(path.stem for path in ROOT.glob("docs/docsite/rst/*.rst"))
