"""A plan as a file: of the documented form, and the one that a later run is bound to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.bound import check
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.document import (
    KEYS,
    plan_document,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import A, B, D, shard
from ansible_collections.stemedb.cluster.tests.unit.support.planning import (
    broken,
    db,
    did,
    four,
    node,
    planned,
    snapshot,
)

ROOT = Path(__file__).resolve().parents[5]
SCHEMA = json.loads((ROOT / "docs" / "docsite" / "plan.schema.json").read_text(encoding="utf-8"))


def plans() -> list[dict[str, Any]]:
    dead = snapshot(node(1), node(2), node(3), node(4, "Dead"), node(6), held=[shard(0, A, (A, B))])
    begun = [did("replace_node", "db-4, db-6", "abandoned"), did("heal", "", "running")]
    return [
        planned(),
        planned(declared=[]),
        planned(operations=None),
        planned(declared=four()[:3], prune=(D,)),
        planned(dead, [*four(), db(5)], begun, spares=(db(6),), max_changes=5),
        planned(dead, four(), replaces={"db-6": D}, spares=(db(6),), unattended=True),
        planned(snapshot(node(1), node(2)), accept=frozenset({"too_few_nodes"}), prune=(D,)),
        planned(snapshot(node(1), node(2), node(3, "Suspect")), bound=planned()),
    ]


def test_what_is_written_can_be_read_and_bound_to() -> None:
    plan = planned(declared=[*four(), db(5)])
    text = plan_document(plan)
    assert text.isascii()
    read = json.loads(text)
    assert list(read) == list(KEYS)
    check(read)
    bound = planned(declared=[*four(), db(5)], bound=read)
    assert (bound["resume_at"], bound["refused"]) == (0, [])


def test_the_schema_has_what_is_written_and_no_more() -> None:
    assert sorted(SCHEMA["properties"]) == sorted(KEYS) == sorted(SCHEMA["required"])


@pytest.mark.parametrize("number", range(len(plans())))
def test_every_plan_is_as_the_schema_says(number: int) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="it is in .venv only")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(plan_document(plans()[number])), SCHEMA)


WRITTEN = json.loads(plan_document(planned(declared=four()[:3], prune=(D,))))


@pytest.mark.parametrize(
    "plan",
    [
        {},
        broken(WRITTEN, "steps"),
        broken(WRITTEN, "format", value=2),
        broken(WRITTEN, "more", value=1),
        broken(WRITTEN, "steps", 0, "fingerprint"),
        broken(WRITTEN, "steps", 0, "fingerprint", value="abc"),
        broken(WRITTEN, "steps", 0, "operation", value="format_disk"),
        broken(WRITTEN, "steps", 0, "more", value=1),
        broken(WRITTEN, "created", value="today"),
        broken(WRITTEN, "undeclared", 0, "state", value=3),
        broken(WRITTEN, "drift", value="yes"),
    ],
)
def test_the_schema_refuses_what_is_none(plan: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="it is in .venv only")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plan, SCHEMA)
