"""`make mutation`: which changes are tried, and what becomes of those that no test notices."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation import __main__ as mutation
from tests.mutation.mutants import mutants

ROOT = Path(__file__).resolve().parents[2]


def names(source: str) -> list[str]:
    return [mutant.name for mutant in mutants(source, "x.py")]


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("x = a < b", ["a < b -> a <= b", "a < b -> a >= b"]),
        ("x = a == b in c", ["a == b in c -> a != b in c", "a == b in c -> a == b not in c"]),
        ("x = a and b", ["a and b -> a or b", "a and b -> b", "a and b -> a"]),
        ("x = not a", ["not a -> a"]),
        ("x = a - b", ["a - b -> a + b", "a - b -> a", "a - b -> b"]),
        ("x = a & b", ["a & b -> a | b", "a & b -> a", "a & b -> b"]),
        ("x = 3", ["3 -> 4"]),
        ("x = True", ["True -> False"]),
        ("x = [*a, *b, c]", ["[*a, *b, c] -> [*b, c]", "[*a, *b, c] -> [*a, c]"]),
        ("x = a if b else c", ["b -> True", "b -> False"]),
        ("x = {a for a in b if a}", ["for a in b if a -> for a in b"]),
        ("x = any(a)", ["any -> all"]),
        ("x = a.union(b)", ["a.union -> a.intersection"]),
        ("x += y", ["x += y -> nothing"]),
        ("f(x)", ["f(x) -> nothing"]),
        ("raise E", ["raise E -> nothing"]),
        ("if a:\n    b = c", ["a -> True", "a -> False"]),
        ("for a in b:\n    continue", ["continue -> nothing"]),
        # What is for people, or for the type checker, is left alone.
        ('"""Text."""', []),
        ("x = 'text'", []),
        ("x = f'{a < b}'", []),
        ("x: int | None = None", []),
        ("@f(3)\ndef g(a: 'int' = None) -> list[3]: pass", []),
        ("raise E(3 < 4)", ["raise E(3 < 4) -> nothing"]),
        ("import a", []),
    ],
)
def test_what_is_changed(source: str, changes: list[str]) -> None:
    assert names(source) == [f"module: {change}" for change in changes]


def test_a_change_is_named_by_where_it_is() -> None:
    source = "class A:\n    def f(self):\n        return None\n    def g(self):\n        return 1\n"
    assert names(source) == ["A.g: return 1 -> return None", "A.g: 1 -> 2"]
    assert names("x = 1\ny = 1\n") == ["module: 1 -> 2", "module: 1 -> 2 (no. 2)"]
    (long,) = names(f"x = not {'a' * 200}")
    assert len(long) < 170
    assert long.startswith("module: not aaaa")


def test_each_change_is_alone() -> None:
    source = "x = 1 < 2\n"
    results = []
    for mutant in mutants(source, "x.py"):
        found: dict[str, object] = {}
        exec(mutant.code, found)
        results.append((mutant.name, found["x"]))
    assert results == [
        ("module: 1 < 2 -> 1 <= 2", True),
        ("module: 1 < 2 -> 1 >= 2", False),
        ("module: 1 -> 2", False),
        ("module: 2 -> 3", True),
    ]


def test_each_file_has_its_tests() -> None:
    for name in mutation.FILES:
        one = mutation.subject(name)
        assert one.path.is_file()
        assert len(list(mutants(one.path.read_text(encoding="utf-8"), "x.py"))) > 50
        for pattern in mutation.FILES[name].split():
            assert list(mutation.TESTS.glob(f"{pattern}.py")), pattern


# Tries a file of two functions, of which the test looks at one, and one change never ends.
TRY = """
import json, pathlib, sys
from tests.mutation import __main__ as mutation
folder = pathlib.Path(sys.argv[1])
mutation.PATIENCE, mutation.GRACE = 0, 5
sys.path.insert(0, str(folder))
one = mutation.Subject("thing", "thing", folder / "thing.py", (folder / "test_thing.py",))
print(json.dumps(list(mutation.survivors([one], 2))))
"""
THING = """
def larger(a, b):
    while a < 0:
        a = a + 1
    return a > b

def unwatched(a):
    return not a
"""
TEST = """
from thing import larger

def test_larger():
    assert larger(-2, -1) and not larger(1, 1) and not larger(1, 2)
"""


def test_what_no_test_notices_survives(tmp_path: Path) -> None:
    (tmp_path / "thing.py").write_text(THING, encoding="utf-8")
    (tmp_path / "test_thing.py").write_text(TEST, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", TRY, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done
    found = dict(json.loads(done.stdout.splitlines()[-1]))
    assert len(found) == len(list(mutants(THING, "x")))
    assert found["thing unwatched: not a -> a"] is True
    assert found["thing larger: a > b -> a >= b"] is False
    assert found["thing larger: a < 0 -> False"] is False
    assert found["thing larger: a + 1 -> a"] is False, "it never ends"


def test_a_list_of_survivors() -> None:
    text = "# About it.\n\none: a -> b\n    Since it\n    may.\n\ntwo: c -> d\n"
    assert mutation.listed(text) == {"one: a -> b": "Since it may.", "two: c -> d": ""}


def test_what_is_wrong_with_survivors() -> None:
    found = [("killed", False), ("listed", True), ("new", True), ("was", False), ("bare", True)]
    kept = {"listed": "Since.", "was": "Since.", "gone": "Since.", "bare": ""}
    assert mutation.problems(found, kept) == [
        "survived, not listed: new",
        "listed, but a test notices it: was",
        "listed, but there is no such change any more: gone",
        "listed without a reason: bare",
    ]
    assert mutation.problems(found[:2], {"listed": "Since."}) == []


def test_every_survivor_that_is_kept_is_a_change_there_is_and_has_a_reason() -> None:
    kept = mutation.listed(mutation.KEPT.read_text(encoding="utf-8"))
    assert all(kept.values())
    for name in mutation.FILES:
        source = mutation.subject(name).path.read_text(encoding="utf-8")
        there = {f"{name} {change}" for change in names(source)}
        assert {key for key in kept if key.split()[0] == name} <= there
    assert {key.split()[0] for key in kept} <= set(mutation.FILES)
