"""Every variable of every role may be text, for `-e NAME=VALUE` hands over nothing else.

No expression of a role or a playbook uses one that is a truth, a number, a list or a dictionary
without reading it first: `bool`, `int`, `float`, `stemedb.cluster.typed`. Only an argument of a
module that is a scalar is converted by Ansible itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import pytest
import yaml
from ansible_collections.stemedb.cluster.plugins.action.stemedb_variables import variables
from jinja2 import nodes

ROOT = Path(__file__).resolve().parents[2]
CONDITIONS = {"when", "that", "until", "failed_when", "changed_when"}
CASTS = {"bool": {"bool"}, "int": {"int"}, "float": {"float", "int"}}
SCALARS = set(CASTS)
# Modules that convert nothing.
UNTYPED = {"ansible.builtin.set_fact", "ansible.builtin.assert", "stemedb.cluster.stemedb_show"}
# What tasks files hand on to such a variable, and to nothing else.
PASSED_ON = {"seconds": "float"}
# The variable of a loop, which no extra variable beats.
HANDED_OVER = {"stemedb_remove_node_target"}
KINDS = {
    name: str(option.get("type", "str"))
    for name, option in variables().items()
    if option.get("type", "str") in {*SCALARS, "list", "dict"} and name not in HANDED_OVER
}


class Text(NamedTuple):
    """One text of a file, and the keys on the way to it."""

    file: str
    keys: tuple[Any, ...]
    text: str


def texts(file: str, value: Any, keys: tuple[Any, ...] = ()) -> Iterator[Text]:
    """Every template in a file of YAML; a condition is one without its brackets."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from texts(file, item, (*keys, key))
    elif isinstance(value, list):
        for item in value:
            yield from texts(file, item, keys)
    elif isinstance(value, str):
        condition = bool(keys) and keys[-1] in CONDITIONS and "{{" not in value
        yield Text(file, keys, "{{ (" + value + ") }}" if condition else value)


def files() -> list[Path]:
    found = [*ROOT.glob("roles/*/*/*"), *ROOT.glob("playbooks/*.yml")]
    unread = {"meta", "defaults"}
    return sorted(path for path in found if path.is_file() and path.parent.name not in unread)


def templates() -> Iterator[Text]:
    for path in files():
        file, text = str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        if path.suffix == ".yml":
            yield from texts(file, yaml.safe_load(text))
        else:
            yield Text(file, ("template",), text)


def parents(node: nodes.Node, above: tuple[nodes.Node, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Each node with all that it is in, the nearest last."""
    yield (*above, node)
    for child in node.iter_child_nodes():
        yield from parents(child, (*above, node))


def unread(found: Text) -> Iterator[str]:
    """The variables that a template uses as if they had their type."""
    tree = jinja2.Environment(trim_blocks=True, autoescape=True).parse(
        found.text.replace("\\", "\\\\")
    )
    for path in parents(tree):
        node = path[-1]
        name = getattr(node, "attr", None) if isinstance(node, nodes.Getattr) else None
        name = node.name if isinstance(node, nodes.Name) and node.ctx == "load" else name
        if name in KINDS and not is_read(KINDS[name], path, found):
            yield f"{found.file}: {name} ({KINDS[name]}) at {'.'.join(map(str, found.keys))}"


def is_read(kind: str, path: tuple[Any, ...], found: Text) -> bool:
    """Whether a use of a variable reads it, or where it goes does."""
    node, nothing = path[-1], False
    while isinstance(path[-2], nodes.Filter) and path[-2].name == "default":
        path, node = path[:-1], path[-2]
        # None and "" are 0 to Ansible's own filters.
        nothing |= any(arg in (nodes.Const(None), nodes.Const("")) for arg in node.args)
    above = path[-2]
    if isinstance(above, nodes.Test) and above.name in ("defined", "undefined"):
        return True
    if isinstance(above, nodes.Filter) and above.node is node:
        return is_cast(kind, above) and not (nothing and above.name in SCALARS)
    if isinstance(above, nodes.List) and isinstance(path[-3], nodes.Filter):
        return path[-3].name == "map" and path[-3].args[0].as_const() in CASTS.get(kind, ())
    if not isinstance(above, nodes.Output):
        return False
    if len(above.nodes) > 1:  # in a sentence or a file
        return kind in SCALARS
    *_, key = found.keys
    place = found.keys[-2] if len(found.keys) > 1 else ""
    if place == "vars" and {**KINDS, **PASSED_ON}.get(key) == kind:
        return True
    module = any("." in str(name) for name in found.keys) and not UNTYPED & set(found.keys)
    return kind in SCALARS and (module or key in ("retries", "delay", "template"))


def is_cast(kind: str, used: nodes.Filter) -> bool:
    if used.name == "stemedb.cluster.typed":
        return bool(used.args[0].as_const() == kind)
    return used.name in CASTS.get(kind, ())


def test_no_expression_takes_a_variable_for_more_than_text() -> None:
    assert [said for found in templates() for said in unread(found)] == []


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("{{ stemedb_heal_force }}", True),
        ("{{ 1 if stemedb_heal_force else 2 }}", True),
        ("{{ 1 if stemedb_heal_force | bool else 2 }}", False),
        ("{{ stemedb_stop_timeout / 2 }}", True),
        ("{{ stemedb_stop_timeout | default(1) | float / 2 }}", False),
        ("{{ 1 | default(stemedb_stop_timeout) }}", True),
        ("{{ stemedb_min_nodes | default(none) | int }}", True),
        ("{{ stemedb_min_nodes | default(none) | stemedb.cluster.typed('int') }}", False),
        ("{{ hostvars.a.stemedb_stop_timeout * 2 }}", True),
        ("{{ [stemedb_stop_timeout, 1] | max }}", True),
        ("{{ [stemedb_stop_timeout, 1] | map('float') | max }}", False),
        ("within {{ stemedb_stop_timeout }} s", False),
        ("{{ 'a' in stemedb_accept }}", True),
        ("{{ 'a' in stemedb_accept | stemedb.cluster.typed('list') }}", False),
        ("{{ stemedb_accept | stemedb.cluster.typed('dict') }}", True),
        ("{{ stemedb_accept | length }}", True),
        ("{{ 1 if stemedb_min_nodes is defined else 2 }}", False),
        ("{{ stemedb_control_host }}", False),
    ],
)
def test_the_check_above_finds_what_it_looks_for(text: str, refused: bool) -> None:
    assert bool(list(unread(Text("file", ("set_fact",), text)))) is refused


@pytest.mark.parametrize(
    ("variable", "keys", "refused"),
    [
        ("stemedb_heal_timeout", ("stemedb.cluster.stemedb_wait", "timeout"), False),
        ("stemedb_heal_timeout", ("vars", "stemedb_lock_for"), False),
        ("stemedb_heal_timeout", ("vars", "seconds"), False),
        ("stemedb_heal_timeout", ("vars", "step"), True),
        ("stemedb_accept", ("stemedb.cluster.stemedb_wait", "conditions"), True),
    ],
)
def test_where_a_value_goes_may_read_it(
    variable: str, keys: tuple[str, ...], refused: bool
) -> None:
    assert bool(list(unread(Text("file", keys, "{{ " + variable + " }}")))) is refused
