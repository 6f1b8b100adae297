"""A plan for a review: what it says, and that no string in it is markup."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.markdown import (
    MOST,
    plan_markdown,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import D
from ansible_collections.stemedb.cluster.tests.unit.support.planning import (
    db,
    did,
    four,
    node,
    planned,
    snapshot,
)
from hypothesis import given
from hypothesis import strategies as st

HOSTILE = (
    "[click](javascript:alert(1))",
    "![](https://tracker.example/x.png)",
    "<script>alert(1)</script>",
    "</details><h1>Approved</h1>",
    "`` ` `` **bold**",
    "a | b\n|---|---|\n| c | d |",
    "\n\n# Approved\n\n- [x] done\n",
    "@everyone #1 https://evil.example",
    "\u202eevil",
    "$(reboot) {{ 7 * 7 }}",
    "``" * 50,
    "\\`",
    "",
)


def test_a_plan() -> None:
    found = planned(declared=four()[:3], prune=(D,))
    fingerprint = found["fingerprint"]
    assert plan_markdown(found) == (
        "## Plan of `prod`\n"
        "\n"
        "**1 step to do.** The cluster differs from the inventory.\n"
        "\n"
        "3 matched, 1 undeclared.\n"
        "\n"
        "### Steps\n"
        "\n"
        f"1. **Remove** `{D}`\n"
        "   - `nobody declares it, and stemedb_prune names it`\n"
        "   - guard: safe; 3 shards (1-3), 1 led; each keeps at least 2 good\n"
        "\n"
        "### Undeclared: listed, and not declared\n"
        "\n"
        f"- `-` `{D}` `10.0.0.4:18182` `Alive`, named in `stemedb_prune`\n"
        "\n"
        f"Made `2026-09-21T14:13:20Z`, fingerprint `{fingerprint}`.\n"
    )


def filled(text: str) -> dict[str, Any]:
    """A plan in which everything that anybody else said is this text."""
    found = planned(
        snapshot(node(1), node(2, "Dead"), node(4), node(5)),
        [*four(), db(8)],
        [did("add_node", "db-8", "failed"), did("remove_node", "db-7", "failed")],
        max_changes=1,
        prune=(node(5).node_id,),
    )
    own = {"operation", "verdict"}

    def replaced(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: replaced(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [replaced(item) for item in value]
        return text if isinstance(value, str) and key not in own else value

    told = replaced(found)
    told["steps"][0]["blockers"] = [{"kind": text, "subject": text, "detail": text}]
    told["steps"][0]["resumes"] = text
    told["accepted"] = list(told["refused"])
    return dict(told)


def skeleton(text: str) -> str:
    """What is left of it without code spans: all that a reader of Markdown takes for markup."""
    return re.sub(r"`[^`\n]*`", "`", plan_markdown(filled(text)))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_string_is_markup(text: str) -> None:
    assert skeleton(text) == skeleton("x")


@given(st.text())
def test_no_string_at_all_is(text: str) -> None:
    assert skeleton(text) == skeleton("x")


def test_all_of_it_is_there() -> None:
    shown = plan_markdown(filled("x"))
    for title in ("Steps", "Refused", "Accepted by name", "Unfinished operations", "Missing: ",
                  "To replace: ", "To add: ", "Undeclared: "):  # fmt: skip
        assert f"### {title}" in shown
    assert "   - resumes run `x`" in shown
    assert "   - blocker `x` `x`: `x`" in shown


def test_many_rows_are_counted() -> None:
    found = planned()
    many = {**found, "undeclared": [
        {"host": None, "node_id": str(n), "address": None, "state": None, "prune": False}
        for n in range(MOST + 5)
    ]}  # fmt: skip
    assert "- and 5 more" in plan_markdown(many)
    step = planned(declared=[*four(), db(5)])["steps"][0]
    steps = {**found, "steps": [{**step, "blocker_count": 3}] * (MOST + 2)}
    assert f"{MOST + 1}. and 2 more steps" in plan_markdown(steps)
    assert "   - and 3 more blockers" in plan_markdown(steps)
