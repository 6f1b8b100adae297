# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of a finding of a diagnosis: what is wrong, how that was seen, why, and what to do.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.predicates import (
    ELECTION,
    PARTITION,
    REBALANCING,
    SUSPECTED,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    ERROR,
    NOTE,
    WARNING,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import counted

# Where the page is that has a section for each kind.
PAGE = "https://github.com/stemedb/stemedb.cluster/blob/main/docs/docsite/rst/troubleshooting.rst"

# All kinds, the most serious first, and the section of the operators' guide that helps.
KINDS = {
    "no_answer": "",
    "foreign_cluster": "",
    "partition": PARTITION,
    "leaderless_shards": ELECTION,
    "suspect_node": SUSPECTED,
    "dead_node": "Replace Failed Node Procedure",
    "no_rebalancing": REBALANCING,
    "too_few_replicas": REBALANCING,
    "silent_gateway": "",
    "clock_skew": "",
    "expiring_certificate": "",
    "configuration_drift": "Pre-flight Checks",
    "stale_seeds": "Pre-flight Checks",
    "mixed_versions": "",
    "unreachable_host": "",
    "unlisted_host": "",
    "unknown_node": "",
    "shard_skew": "",
}

# How many subjects, and how many lines of evidence a subject has.
FEW = 5
_LONGEST_NAME = 40
# What no name, id or address needs, and a shell, Ansible or a command might read as more than that.
_SPECIAL = re.compile(r"^-|[^\w.:@%-]")
_SEVERITIES = (ERROR, WARNING, NOTE)


class Trouble(NamedTuple):
    """One finding. `evidence` and `next` are lines, `next` one step or command each."""

    kind: str
    severity: str
    subject: str
    evidence: tuple[str, ...]
    cause: str
    next: tuple[str, ...]


def shown(troubles: Iterable[Trouble]) -> list[dict[str, Any]]:
    """Findings as results and files have them, the most serious first."""
    kinds = list(KINDS)
    ordered = sorted(
        troubles, key=lambda one: (_SEVERITIES.index(one.severity), kinds.index(one.kind))
    )
    return [
        {
            **one._asdict(),
            "evidence": list(one.evidence),
            "next": list(one.next),
            "link": f"{PAGE}#{anchor(one.kind)}",
            "guide": KINDS[one.kind] or None,
        }
        for one in ordered
    ]


def anchor(kind: str) -> str:
    """The section of a kind on the page."""
    return kind.replace("_", "-")


def some(items: Sequence[str], most: int = FEW) -> str:
    """`a, b and 3 more`."""
    more = len(items) - most
    return ", ".join(items[:most]) + (f" and {more} more" if more > 0 else "")


def first(lines: Iterable[str], most: int = FEW) -> tuple[str, ...]:
    """The first lines, and how many more there are."""
    found = list(lines)
    more = len(found) - most
    return (*found[:most], *([f"and {more} more"] if more > 0 else []))


def more(count: int, noun: str) -> list[str]:
    """The line that ends a list of which so many are not shown, if there are any."""
    return [f"and {counted(count, f'more {noun}')}"] if count > 0 else []


def short(name: str) -> str:
    """A name that fits into a line."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def pasted(text: str) -> str:
    """A name, an id or an address as one word of a command that people paste.

    A gateway may say anything. Ansible reads variables and templates in a word that a shell leaves
    alone, so what is special is replaced too: then the command finds nothing.
    """
    return shlex.quote(_SPECIAL.sub("?", text))
