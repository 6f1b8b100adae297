"""Configurations in TOML: read by Python's reader, and without it never otherwise than by it."""

from __future__ import annotations

import itertools
import random
from typing import Any, Callable

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host import toml

# Valid, and what it says.
VALID: dict[str, tuple[str, dict[str, Any]]] = {
    "byte order mark": ('\ufeffcluster_name = "x"\n', {"cluster_name": "x"}),
    "blanks in a heading": ('[ node ]\ncluster_name = "x"\n', {"node.cluster_name": "x"}),
    "quoted table": ('[log."stdout.fmt"]\nlevel = 1\n', {"log.stdout.fmt.level": 1}),
    "quoted keys": ("'a key' = 1\n\"b\\tkey\" = 2\n", {"a key": 1, "b\tkey": 2}),
    "blanks around dots": ("node . rpc_port = 18182\n", {"node.rpc_port": 18182}),
    "windows": ('cluster_name = "x"\r\nrpc_port = 1\r\n', {"cluster_name": "x", "rpc_port": 1}),
    "numbers": ("a = 1_000\nb = -3\nc = 0xFF\nd = +0\n", {"a": 1000, "b": -3, "c": 255, "d": 0}),
    "other kinds": ("a = 0.5\nb = [0.5]\nc = [[1]]\nd = 1e3", dict.fromkeys("abcd")),
    "lists": (
        "a = []\nb = [ \"x\", # one\n\n  'y',\n]\nc = [true,1]",
        {"a": [], "b": ["x", "y"], "c": [True, 1]},
    ),
    "escapes": ('a = "\\u00e9\\U0001F600\\\\\\"#\\n" # b\n', {"a": 'é\U0001f600\\"#\n'}),
    "no end of line": ("a = false", {"a": False}),
    "nothing": ("", {}),
    "comments": ("# a = 1\n  # b\n", {}),
    "array of tables": ("[[peer]]\nport = 1\n[[peer]]\nport = 1\n", {"peer.port": 1}),
    "which differ": ("[[peer]]\nport = 1\n[[peer]]\nport = 2\n", {"peer.port": None}),
    "table in an array": ("[[a]]\n[a.b]\nc = 1\n[[a]]\n[a.b]\nc = 1\n", {"a.b.c": 1}),
    "tables in any order": ("[a.b]\nc = 1\n[a]\nd = 2\n", {"a.b.c": 1, "a.d": 2}),
    "dotted keys": ("a.b = 1\na.c.d = 2\n", {"a.b": 1, "a.c.d": 2}),
}
# Valid too, and more than can be read without Python's reader.
MORE: dict[str, tuple[str, dict[str, Any]]] = {
    "literal block": (
        "name = 'x'\nca = '''\n-----BEGIN CERTIFICATE-----\nMII=\n'''\n",
        {"name": "x", "ca": "-----BEGIN CERTIFICATE-----\nMII=\n"},
    ),
    "text block": (
        'motd = """\nname = "y"\n"""\nname = "x"',
        {"motd": 'name = "y"\n', "name": "x"},
    ),
    "inline table": ("a = { b = 1 }\n", {"a.b": 1}),
    "inline tables": ("a = [{ b = 1 }]\n", {"a.b": 1}),
    "date": ("a = 2026-01-01T00:00:00Z\nb = 1", {"a": None, "b": 1}),
    "no number": ("a = nan\nb = inf\n", {"a": None, "b": None}),
}
INVALID = [
    "what is this",
    "a = [1,",
    "a = [1 2]",
    "a = [,]",
    "= 3",
    "a = ",
    "a = \n1",
    "<xml/>",
    "a = 1\na = 2",
    "a = 1 b = 2",
    '"a" = 1\na = 2',
    "[a]\n[a]",
    "a = 1\n[a]",
    "a = 1\na.b = 2",
    "[a]\nb.c = 1\n[a.b]",
    "[a.b]\n[a]\nb.c = 1",
    "a = []\n[[a]]",
    "[[a]]\n[a]",
    "[a]\n[[a]]",
    "[a",
    "[a]]",
    "[[a] ]",
    "[[a]",
    "[]",
    "[a.]",
    "[.a]",
    "[a] b = 1",
    'a = "x',
    "a = 'x",
    'a = "\\x"',
    'a = "\\ud83d\\ude00"',
    'a = "\\u12"',
    'a = "\\U00110000"',
    'a = "x\ny"',
    'a = "\x07"',
    'a = "\x7f"',
    "a = '\x00'",
    "# \x01",
    "a = 1\rb = 2",
    "a = 01",
    "a = +0x1",
    "a = 1__0",
    "a = _1",
    "a = 1.",
    "a = .5",
    "a = 1e",
    "a = True",
    "a = yes",
    "a = prod",
    "é = 1",
    "a.. b = 1",
    "a = 1 # \x7f",
    "\ufeff\ufeffa = 1",
    "a = " + "[" * 3000,
]


@pytest.fixture(params=["tomllib", "stand-in"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each reader that a node may have."""
    if request.param == "stand-in":
        monkeypatch.setattr(toml, "READER", None)
    else:
        pytest.importorskip("tomllib")
    return str(request.param)


@pytest.mark.parametrize("kind", VALID)
def test_what_is_valid_is_read(reader: str, kind: str) -> None:
    text, settings = VALID[kind]
    assert toml.settings(text) == settings


@pytest.mark.parametrize("kind", MORE)
def test_what_is_more_is_read_or_unknown_and_never_called_no_toml(reader: str, kind: str) -> None:
    text, settings = MORE[kind]
    if reader == "tomllib":
        assert toml.settings(text) == settings
        return
    with pytest.raises(ValueError, match=r"what it says is unknown: line \d is more than can be"):
        toml.settings(text)


@pytest.mark.parametrize("text", INVALID)
def test_what_is_invalid_says_nothing(reader: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be read as TOML 1\.0|what it says is unknown"):
        toml.settings(text)


def accepted(read: Callable[[str], dict[str, Any]], text: str) -> Any:
    try:
        return repr(read(text))
    except ValueError:
        return None


PIECES = (
    *("a", "b", "'c'", '"d"', ".", " . ", "=", " = ", "[", "]", "[[", "]]", ",", "\n", "\n", " "),
    *("# x", "1", "-2", "0", "0x1f", "0o7", "1_0", "1.5", "1e2", "true", "false", "inf", '"x\\n"'),
    *("'''", '"""', "{", "}", "\t", "\r\n", "\\", '"\\u0041"', "a = 1\n", "[a]\n", "[a.b]\n"),
    *("[[a]]\n", "b.c = 2\n", "a = [1, 'x']\n", "2026-01-01", "12:00:00", "+", "_", '"', "'"),
)


def test_without_the_reader_nothing_is_read_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the stand-in reads, Python's reader reads the same."""
    tomllib = pytest.importorskip("tomllib")
    monkeypatch.setattr(toml, "READER", None)
    chance = random.Random(7)
    wholes = [text for text, _said in (*VALID.values(), *MORE.values())]
    read = 0
    texts = itertools.chain(
        ("".join(two) for two in itertools.product(PIECES, repeat=2)),
        ("".join(chance.choices(PIECES, k=chance.randint(2, 9))) for _ in range(20000)),
        (mutated(chance, "".join(chance.choices(wholes, k=2))) for _ in range(8000)),
    )
    for text in texts:
        said = accepted(toml.read, text)
        if said is not None:
            read += 1
            assert said == accepted(tomllib.loads, text.removeprefix("\ufeff")), text
    assert read > 2000


def mutated(chance: random.Random, text: str) -> str:
    for _ in range(chance.randint(0, 2)):
        start = chance.randrange(len(text) + 1)
        text = text[:start] + chance.choice(PIECES) + text[start + chance.randint(0, 2) :]
    return text
