# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of a node taken apart: the operators' guide's three flags, and the rest.

Private to stemedb.cluster. Pure. Standard library only, because it runs on nodes too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

NODE_ID, SEED_NODES, DATA_DIR, CONFIG = "--node-id", "--seed-nodes", "--data-dir", "--config"

# The guide's, which the node role writes by itself.
GUIDE = (NODE_ID, SEED_NODES, DATA_DIR)
# These say "a node of StemeDB"; a data directory has many a program.
TELLING = (NODE_ID, SEED_NODES)

_SHELLS = ("sh", "ash", "bash", "dash", "ksh", "zsh")
_INTERPRETER = re.compile(rf"(?:python[0-9.]*|perl[0-9.]*|ruby[0-9.]*|{'|'.join(_SHELLS)})")


class CommandLine(NamedTuple):
    """What a command line says.

    :param program: the path or name of the program, without the interpreter before it.
    :param words: what stands between the program and its first flag, such as a sub-command.
    :param node_id: and so on, None where the flag is not there.
    :param seed_nodes: of all `--seed-nodes`, in their order.
    :param flags: all but the guide's flags, in their order.
    :param cut: a flag of the guide that has no value.
    """

    program: str
    words: tuple[str, ...]
    node_id: str | None
    seed_nodes: tuple[str, ...] | None
    data_dir: str | None
    config: str | None
    flags: tuple[str, ...]
    cut: str | None


def base_name(path: str) -> str:
    """The name of a program; a login shell has a dash before it."""
    return path.rpartition("/")[2].lstrip("-")


def is_shell(argv: Sequence[str]) -> bool:
    """Whether the program is a shell, with a script or without one."""
    return bool(argv) and base_name(argv[0]) in _SHELLS


def program_index(argv: Sequence[str]) -> int:
    """Where the program stands: 1 or later if an interpreter stands before it."""
    if argv and _INTERPRETER.fullmatch(base_name(argv[0])):
        for index, word in enumerate(argv[1:], start=1):
            if word in ("-c", "-m"):
                return 0
            if not word.startswith("-"):
                return index
    return 0


def runs_script_text(argv: Sequence[str]) -> bool:
    """Whether it is `sh -c "..."`, whose words are a script's."""
    return is_shell(argv) and program_index(argv) == 0


def is_node(argv: Sequence[str], programs: Sequence[str]) -> bool | None:
    """True for what must be a node, False for what may be one, None for what is none.

    :param programs: names that the program may have.
    """
    if (argv and base_name(argv[program_index(argv)]) in programs) or _has(argv, TELLING):
        return True
    return False if _has(argv, (DATA_DIR,)) else None


def _has(argv: Sequence[str], flags: Sequence[str]) -> bool:
    return any(word.partition("=")[0] in flags for word in argv)


def values(argv: Sequence[str], flag: str) -> list[str]:
    """The values of a flag, as `--flag value` or `--flag=value`."""
    found = []
    for index, word in enumerate(argv):
        if word == flag and index + 1 < len(argv):
            found.append(argv[index + 1])
        elif word.startswith(f"{flag}="):
            found.append(word.partition("=")[2])
    return found


def parse(argv: Sequence[str]) -> CommandLine:
    """Take a command line apart. Without a program there is nothing to take apart: ValueError."""
    if not argv:
        raise ValueError("an empty command line")
    start = program_index(argv)
    rest = list(argv[start + 1 :])
    words = []
    while rest and not rest[0].startswith("-"):
        words.append(rest.pop(0))
    seeds = [
        seed.strip() for value in values(rest, SEED_NODES) for seed in value.split(",") if seed
    ]
    return CommandLine(
        program=argv[start],
        words=tuple(words),
        node_id=_one(rest, NODE_ID),
        seed_nodes=tuple(seeds) if values(rest, SEED_NODES) else None,
        data_dir=_one(rest, DATA_DIR),
        config=_one(rest, CONFIG),
        flags=_others(rest),
        cut=rest[-1] if rest and rest[-1] in GUIDE else None,
    )


def _one(argv: Sequence[str], flag: str) -> str | None:
    found = values(argv, flag)
    return found[0] if found else None


def _others(argv: Sequence[str]) -> tuple[str, ...]:
    """All words but the guide's flags and their values."""
    others = []
    skip = False
    for word in argv:
        if skip:
            skip = False
        elif word in GUIDE:
            skip = True
        elif word.partition("=")[0] not in GUIDE:
            others.append(word)
    return tuple(others)


def same(argv: Sequence[str], arguments: Sequence[str]) -> bool:
    """Whether a process was started with these arguments, the guide's flags in any order.

    :param arguments: all that follows the program.
    """
    if not argv:
        return False
    found = parse(argv)
    wanted = parse([found.program, *arguments])
    return found == wanted and found.cut is None
