"""The frame of filters, and what it saves the workers of Ansible."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.plugin_utils._filters import (
    checked,
    item_of,
    part_of,
)

from scripts.ansible_free_tests import imported

FILTERS = Path(__file__).resolve().parents[4] / "plugins" / "filter"
COLLECTION = "ansible_collections."


@checked
def reading(error: Any) -> str:
    if isinstance(error, Exception):
        raise error
    return str(error)


def test_a_result_is_handed_on() -> None:
    assert reading("fine") == "fine"
    assert reading.__name__ == "reading"


@pytest.mark.parametrize("kind", [AttributeError, KeyError, TypeError, ValueError])
def test_an_error_about_the_input_names_the_filter(kind: type[Exception]) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        reading(kind("x"))
    told = f"stemedb.cluster.reading: the input is not of the documented form ({kind('x')!r})"
    assert str(caught.value).startswith(told)


def test_a_missing_argument_names_the_filter() -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.reading: the input"):
        reading()  # type: ignore[call-arg]


def test_a_sentence_of_the_collection_is_said_once() -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        reading(StemeDBError("config", "There is no gateway_url."))
    assert str(caught.value) == "stemedb.cluster.reading: There is no gateway_url."


@pytest.mark.parametrize("error", [AnsibleFilterError("mine"), RuntimeError("a bug")])
def test_another_error_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        reading(error)
    assert caught.value is error


def test_one_part_is_made_and_another_name_is_refused() -> None:
    parts = {"one": lambda: [1], "two": lambda: [2]}
    assert part_of("reading", parts, "two") == [2]
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.reading knows one, two, not"):
        part_of("reading", parts, "three")


def test_the_item_of_a_loop_has_the_name_of_its_variable() -> None:
    assert item_of({"item": "a"}) == "a"
    assert item_of({"ansible_loop_var": "host", "host": "b", "item": "a"}) == "b"


@pytest.mark.parametrize("path", sorted(FILTERS.glob("*.py")), ids=lambda path: path.stem)
def test_loading_a_file_loads_nothing_that_decides(path: Path) -> None:
    """Each worker compiles all filter files, and all that they import at once."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if not isinstance(node, ast.FunctionDef)]
    names = imported(tree)
    ours = {name.removeprefix(COLLECTION) for name in names if name.startswith(COLLECTION)}
    assert {name for name in ours if "plugin_utils._filters" not in name} == set()
