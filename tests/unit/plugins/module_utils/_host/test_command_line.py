"""Command lines of nodes, taken apart."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host.command_line import (
    is_node,
    is_shell,
    parse,
    program_index,
    runs_script_text,
    same,
    values,
)
from hypothesis import given
from hypothesis import strategies as st

PROGRAMS = ("stemedb-node", "stemedb-api")
FULL = ["/opt/stemedb-node", "--node-id", "a", "--seed-nodes", "x:1,y:1", "--data-dir", "/d"]


def test_the_guides_flags_and_the_rest() -> None:
    line = parse([*FULL, "--config", "/etc/n.toml", "--verbose"])
    assert (line.program, line.words, line.node_id) == ("/opt/stemedb-node", (), "a")
    assert (line.seed_nodes, line.data_dir) == (("x:1", "y:1"), "/d")
    assert line.config == "/etc/n.toml"
    assert line.flags == ("--config", "/etc/n.toml", "--verbose")
    assert line.cut is None


def test_flags_with_an_equals_sign_and_seeds_that_come_twice() -> None:
    line = parse(["n", "--node-id=a", "--seed-nodes=x:1", "--seed-nodes", "y:1, z:1", "--x=1"])
    assert (line.node_id, line.seed_nodes) == ("a", ("x:1", "y:1", "z:1"))
    assert line.flags == ("--x=1",)


def test_what_is_not_there_is_not_known() -> None:
    line = parse(["n"])
    assert (line.node_id, line.seed_nodes, line.data_dir, line.config) == (None,) * 4
    assert parse(["n", "--seed-nodes="]).seed_nodes == ()


def test_words_before_the_flags_are_kept_apart() -> None:
    assert parse(["stemedb-api", "serve", "now", "--node-id", "a"]).words == ("serve", "now")


def test_a_flag_without_its_value_is_found() -> None:
    assert parse(["n", "--x", "--data-dir"]).cut == "--data-dir"
    assert parse(["n", "--x", "--data-dir"]).flags == ("--x",)


def test_nothing_is_no_command_line() -> None:
    with pytest.raises(ValueError, match="empty"):
        parse([])


@pytest.mark.parametrize(
    ("argv", "index"),
    [
        (["/opt/stemedb-node"], 0),
        (["python3", "/opt/stemedb-node", "--x"], 1),
        (["/usr/bin/python3.11", "-I", "/opt/stemedb-node"], 2),
        (["bash", "/opt/run.sh"], 1),
        (["sh", "-c", "exec stemedb-node"], 0),
        (["python3", "-m", "http.server"], 0),
        (["python3"], 0),
        ([], 0),
    ],
)
def test_an_interpreter_is_not_the_program(argv: list[str], index: int) -> None:
    assert program_index(argv) == index


def test_shells_and_scripts() -> None:
    assert is_shell(["-bash"])
    assert is_shell(["/bin/sh", "-c", "x"])
    assert not is_shell(["python3", "x"])
    assert runs_script_text(["sh", "-c", "x"])
    assert not runs_script_text(["sh", "/opt/run.sh"])
    assert not is_shell([])


@pytest.mark.parametrize(
    ("argv", "answer"),
    [
        (["/opt/stemedb-node"], True),
        (["python3", "/opt/stemedb-api", "serve"], True),
        (["/opt/other", "--node-id", "a"], True),
        (["/opt/other", "--seed-nodes=a:1"], True),
        (["etcd", "--data-dir", "/var/lib/etcd"], False),
        (["vim", "/usr/local/bin/stemedb-node"], None),
        (["tail", "-f", "/var/log/stemedb-node"], None),
        (["sh", "-c", "stemedb-node --node-id a"], None),
        (["stemedb-node-exporter"], None),
        ([], None),
    ],
)
def test_what_is_a_node_and_what_only_speaks_of_one(argv: list[str], answer: object) -> None:
    assert is_node(argv, PROGRAMS) is answer


@pytest.mark.parametrize(
    ("argv", "arguments", "equal"),
    [
        (FULL, FULL[1:], True),
        (["python3", *FULL], FULL[1:], True),
        (["n", "--data-dir=/d", "--node-id=a", "--seed-nodes=x:1,y:1"], FULL[1:], True),
        ([*FULL, "--a", "--b"], [*FULL[1:], "--a", "--b"], True),
        ([*FULL, "--b", "--a"], [*FULL[1:], "--a", "--b"], False),
        (FULL, [*FULL[1:-1], "/e"], False),
        (["n", "serve", *FULL[1:]], FULL[1:], False),
        ([*FULL, "--node-id"], FULL[1:], False),
        (["n", "--node-id", "a"], ["--node-id", "a", "--seed-nodes", ""], False),
        ([], FULL[1:], False),
    ],
)
def test_the_same_command_in_another_order(
    argv: list[str], arguments: list[str], equal: bool
) -> None:
    assert same(argv, arguments) is equal


WORDS = st.sampled_from(
    ["--node-id", "--seed-nodes", "--data-dir", "--node-id=a", "--x", "--x=1", "a", "b,c", ""]
)


@given(st.lists(WORDS, min_size=1, max_size=9))
def test_no_word_is_lost_or_made_up(argv: list[str]) -> None:
    line = parse(["/opt/n", *argv])
    said = [*line.words, *line.flags]
    kept = list(argv)
    for word in said:
        kept.remove(word)
    # What is left are the guide's flags and their values.
    assert len([w for w in kept if w.startswith("--")]) >= len(values(kept, "--node-id")) // 2
    assert all(not word.startswith("--x") for word in kept if not _follows_guide(word, argv))


def _follows_guide(word: str, argv: list[str]) -> bool:
    guide = ("--node-id", "--seed-nodes", "--data-dir")
    return any(one in guide and nxt == word for one, nxt in zip(argv, argv[1:]))
