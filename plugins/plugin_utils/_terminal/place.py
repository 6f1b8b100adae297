# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which step of a procedure a task belongs to, by the includes that lead to it.

Private to stemedb.cluster. Pure. The `tasks/main.yml` of a procedure is the index of its steps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_INDEX = re.compile(r"roles/stemedb_(\w+)/tasks/main\.yml")
# Roles that procedures borrow: what they include is a part of a step.
_PARTS = frozenset({"diagnose", "lock", "node", "preflight", "stop"})
# It has the steps of one node of many, of which each is a step.
_ONE_OF_MANY = frozenset({"rolling_restart"})


class Include(NamedTuple):
    """An include or import of tasks, or a task.

    :param path: the file that has it, below the collection; empty for a file of somebody else.
    """

    name: str
    path: str


def step_of(includes: Sequence[Include]) -> tuple[str, bool]:
    """The name of the step, and whether an index has it; empty if the task is in none.

    :param includes: those that lead to the task, the outermost first.
    """
    for include in reversed(includes):
        index = _INDEX.fullmatch(include.path)
        if index and index[1] not in _PARTS | _ONE_OF_MANY:
            return plain_name(include.name), True
    outer = (include.name for include in includes if include.path.startswith("playbooks/"))
    return plain_name(next(outer, "")), False


def plain_name(name: str) -> str:
    """A task's name without its role, which ansible-core 2.21 puts before it."""
    return name.rpartition(" : ")[2].strip()
