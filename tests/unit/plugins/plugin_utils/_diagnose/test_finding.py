"""The form of a finding, the order of findings, and the page that each leads to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.finding import (
    KINDS,
    PAGE,
    Trouble,
    anchor,
    first,
    pasted,
    short,
    shown,
    some,
)

ROOT = Path(__file__).resolve().parents[5]
GUIDE_SECTIONS = {
    "Network Partition Scenarios",
    "Node Stuck in Suspect State",
    "Pre-flight Checks",
    "Replace Failed Node Procedure",
    "Shard Leader Election Issues",
    "Shard Rebalancing Not Occurring",
}


def trouble(kind: str, severity: str) -> Trouble:
    return Trouble(kind, severity, "x", ("seen",), "why", ("do",))


def test_the_most_serious_stands_first() -> None:
    given = [
        trouble("shard_skew", "note"),
        trouble("stale_seeds", "warning"),
        trouble("suspect_node", "error"),
        trouble("suspect_node", "warning"),
        trouble("partition", "error"),
    ]
    assert [(one["kind"], one["severity"]) for one in shown(given)] == [
        ("partition", "error"),
        ("suspect_node", "error"),
        ("suspect_node", "warning"),
        ("stale_seeds", "warning"),
        ("shard_skew", "note"),
    ]


def test_a_finding_leads_to_its_section_and_to_the_guides() -> None:
    (found,) = shown([trouble("leaderless_shards", "error")])
    assert found == {
        "kind": "leaderless_shards",
        "severity": "error",
        "subject": "x",
        "evidence": ["seen"],
        "cause": "why",
        "next": ["do"],
        "link": f"{PAGE}#leaderless-shards",
        "guide": "Shard Leader Election Issues",
    }
    assert shown([trouble("clock_skew", "error")])[0]["guide"] is None


def test_the_page_has_a_section_for_each_kind() -> None:
    documentation = yaml.safe_load((ROOT / "galaxy.yml").read_text())["documentation"]
    # A forge shows a folder at tree, and a file at blob.
    assert f"{documentation}/troubleshooting.rst".replace("/tree/", "/blob/") == PAGE
    assert "/blob/" in PAGE
    page = ROOT / "docs" / "docsite" / "rst" / "troubleshooting.rst"
    titles = re.findall(r"^(\S.*)\n[-=~]{4,}$", page.read_text(encoding="utf-8"), re.MULTILINE)
    # As a forge makes them of titles.
    sections = {title.lower().replace(" ", "-") for title in titles}
    assert {anchor(kind) for kind in KINDS} <= sections
    assert set(KINDS.values()) == {"", *GUIDE_SECTIONS}


def test_what_is_long_is_cut_and_counted() -> None:
    assert some(["a", "b"]) == "a, b"
    assert some(list("abcdefg")) == "a, b, c, d, e and 2 more"
    assert first(["a"]) == ("a",)
    assert first(list("abcdefg"), 2) == ("a", "b", "and 5 more")
    assert short("n" * 40) == "n" * 40
    assert short("n" * 41) == "n" * 39 + "…"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("node-03.example_a", "node-03.example_a"),
        ("10.0.0.3", "10.0.0.3"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("x$(touch /tmp/p)`id`;'", "'x??touch??tmp?p??id???'"),
        # Ansible reads two variables of the first, a template of the second, an option of the last.
        ("x stemedb_force=true", "'x?stemedb_force?true'"),
        ("{{ 7 }}", "'???7???'"),
        ("-oProxyCommand", "'?oProxyCommand'"),
        ("", "''"),
    ],
)
def test_what_a_gateway_says_is_one_word_of_a_command(text: str, word: str) -> None:
    assert pasted(text) == word
