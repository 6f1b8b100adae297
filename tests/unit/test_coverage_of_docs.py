"""Every module, plugin, role, role variable and playbook is documented and has a test."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
KINDS = ("modules", "action", "lookup", "filter", "inventory", "callback")
# What is found in this list only does not count as tested.
LISTS = ("test_coverage_of_docs.py",)


def python_files(*folders: str) -> list[Path]:
    found = (path for folder in folders for path in (ROOT / "plugins" / folder).rglob("*.py"))
    return sorted(path for path in found if path.name != "__init__.py")


def roles() -> list[Path]:
    return sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir())


def playbooks() -> list[Path]:
    """Those that users run."""
    found = sorted((ROOT / "playbooks").glob("*.yml"))
    return [path for path in found if "[INTERNAL]" not in path.read_text(encoding="utf-8")]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def documents(path: Path) -> dict[str, str]:
    """The documentation strings of a plugin; a filter has a .yml with nothing else."""
    if path.suffix == ".yml":
        return {key: yaml.safe_dump(value) for key, value in load(path).items()}
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            target = node.targets[0]
            if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                found[target.id] = node.value.value
    return found


def texts_of_tests() -> str:
    """All that the tests say, less the lists."""
    folders = (TESTS, ROOT / "extensions" / "molecule")
    found = (path for folder in folders for path in folder.rglob("*"))
    files = (path for path in found if path.suffix in (".py", ".yml", ".j2", ".yaml"))
    return "\n".join(path.read_text(encoding="utf-8") for path in files if path.name not in LISTS)


def texts_for_users() -> str:
    """All that is written for users."""
    files = [ROOT / "README.md", *(ROOT / "docs").rglob("*.rst"), *(ROOT / "docs").rglob("*.md")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files if path.is_file())


def places_of(path: Path) -> list[Path]:
    """Where its test may be: at its place under tests/unit, a plugin's in tests/integration too."""
    name = f"test_{path.stem.lstrip('_')}.py"
    folder = path.parent.relative_to(ROOT / "plugins")
    places = [TESTS / "unit" / "plugins" / folder / name]
    if folder.name in KINDS:
        places.append(TESTS / "integration" / name)
    return [place for place in places if place.is_file()]


def test_every_python_file_has_a_test_file_of_its_name() -> None:
    files = [
        path
        for path in python_files(*KINDS, "module_utils", "plugin_utils")
        # test_action.py looks at each of these
        if not (path.parent.name == "action" and "that it does is shared" in path.read_text())
    ]
    assert [str(path.relative_to(ROOT)) for path in files if not places_of(path)] == []


FILTERS = sorted((ROOT / "plugins" / "filter").glob("*.yml"))
DOCUMENTED_INSIDE = [kind for kind in KINDS if kind != "filter"]
# What users may call; roles call the others.
PUBLIC_FILTERS = {"table"}


def test_every_filter_is_documented_in_the_file_of_its_name() -> None:
    names = []
    for path in python_files("filter"):
        module = importlib.import_module(
            f"ansible_collections.stemedb.cluster.plugins.filter.{path.stem}"
        )
        found = module.FilterModule().filters()
        assert [name for name, function in found.items() if function.__name__ != name] == []
        names += found
    assert sorted(names) == [path.stem for path in FILTERS]


@pytest.mark.parametrize("path", FILTERS, ids=lambda path: path.stem)
def test_a_filter_that_is_not_for_users_says_so(path: Path) -> None:
    documentation = load(path)["DOCUMENTATION"]
    assert documentation["name"] == path.stem
    internal = documentation["short_description"].startswith("[INTERNAL] ")
    assert internal is (path.stem not in PUBLIC_FILTERS)


@pytest.mark.parametrize(
    "path", [*python_files(*DOCUMENTED_INSIDE), *FILTERS], ids=lambda path: path.stem
)
def test_every_plugin_is_documented(path: Path) -> None:
    if path.parent.name == "action":
        path = ROOT / "plugins" / "modules" / path.name  # an action is documented by its module
    texts = documents(path)
    wanted = {"DOCUMENTATION", "EXAMPLES"}
    if path.parent.name in ("modules", "lookup", "filter"):
        wanted.add("RETURN")
    assert wanted <= set(texts)
    described = yaml.safe_load(texts["DOCUMENTATION"])
    assert described["short_description"]
    assert described["description"]


def test_the_action_group_is_what_talks_to_the_gateway() -> None:
    talking = [
        path.stem
        for path in python_files("modules")
        if "stemedb.cluster.gateway"
        in str(
            yaml.safe_load(documents(path)["DOCUMENTATION"]).get("extends_documentation_fragment")
        )
    ]
    assert load(ROOT / "meta" / "runtime.yml")["action_groups"] == {"stemedb": talking}


def attributes(path: Path) -> dict[str, Any]:
    """What a module supports, by its own documentation and by the fragments that it names."""
    described = yaml.safe_load(documents(path)["DOCUMENTATION"])
    found: dict[str, Any] = {}
    for name in described["extends_documentation_fragment"]:
        fragment, _, section = name.removeprefix("stemedb.cluster.").partition(".")
        texts = fragments(fragment)
        given = yaml.safe_load(texts[section.upper() or "DOCUMENTATION"]).get("attributes", {})
        for key, value in given.items():
            found[key] = {**found.get(key, {}), **value}
    for key, value in described.get("attributes", {}).items():
        found[key] = {**found.get(key, {}), **value}
    return found


def fragments(name: str) -> dict[str, str]:
    """The sections of a documentation fragment."""
    path = ROOT / "plugins" / "doc_fragments" / f"{name}.py"
    (described,) = (
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    )
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in described.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


@pytest.mark.parametrize("path", python_files("modules"), ids=lambda path: path.stem)
def test_a_module_says_what_it_supports(path: Path) -> None:
    found = attributes(path)
    for name in ("check_mode", "diff_mode", "idempotent", "platform"):
        assert found[name]["description"], name
        assert found[name]["support"] in ("full", "partial", "none", "N/A"), name
    groups = load(ROOT / "meta" / "runtime.yml")["action_groups"]
    member = [f"stemedb.cluster.{name}" for name, of in groups.items() if path.stem in of]
    assert found.get("action_group", {}).get("membership", []) == member


def specification(role: Path) -> dict[str, Any]:
    """The options of all entry points of a role."""
    entries = load(role / "meta" / "argument_specs.yml")["argument_specs"]
    return {
        name: option
        for entry in entries.values()
        for name, option in (entry.get("options") or {}).items()
    }


def defaults(role: Path) -> dict[str, Any]:
    path = role / "defaults" / "main.yml"
    return (load(path) if path.is_file() else None) or {}


@pytest.mark.parametrize("role", roles(), ids=lambda role: role.name)
def test_every_role_has_its_documents(role: Path) -> None:
    wanted = ("README.md", "meta/main.yml", "meta/argument_specs.yml", "tasks/main.yml")
    assert [name for name in wanted if not (role / name).is_file()] == []
    entries = load(role / "meta" / "argument_specs.yml")["argument_specs"]
    assert [name for name, entry in entries.items() if not entry.get("short_description")] == []


@pytest.mark.parametrize("role", roles(), ids=lambda role: role.name)
def test_the_defaults_of_a_role_are_those_it_documents(role: Path) -> None:
    documented = {
        name: option["default"]
        for name, option in specification(role).items()
        if "default" in option
    }
    assert defaults(role) == documented


@pytest.mark.parametrize("role", roles(), ids=lambda role: role.name)
def test_every_role_variable_is_described(role: Path) -> None:
    bare = [name for name, option in specification(role).items() if not option.get("description")]
    assert bare == []


@pytest.mark.parametrize("role", roles(), ids=lambda role: role.name)
def test_every_role_and_each_variable_of_it_is_tested(role: Path) -> None:
    texts = texts_of_tests()
    names = [role.name, *specification(role)]
    assert [name for name in names if name not in texts] == []


@pytest.mark.parametrize("playbook", playbooks(), ids=lambda path: path.stem)
def test_every_playbook_is_described_and_tested(playbook: Path) -> None:
    assert f"stemedb.cluster.{playbook.stem}" in texts_for_users()
    texts = texts_of_tests()
    assert playbook.name in texts or f"stemedb.cluster.{playbook.stem}" in texts


def test_every_module_and_role_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names = [path.stem for path in python_files("modules")] + [role.name for role in roles()]
    assert [name for name in names if name not in readme] == []
