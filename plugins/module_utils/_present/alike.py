# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several shards or gateways have in common, said once. Private to stemedb.cluster. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import numbers

_SHARD = re.compile(r"shard (\d+)")


def alike(reasons: Iterable[tuple[str, str]]) -> list[str]:
    """A sentence for each thing that is amiss, in the order in which it is first named.

    :param reasons: subject and rest of the sentence: `("shard 3", "has no leader")`.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for subject, text in reasons:
        kind = subject
        if _SHARD.fullmatch(subject):
            kind = "shard"
        elif subject.startswith(("http://", "https://")):
            kind = "gateway"
        groups.setdefault((kind, text), []).append(subject)
    return [_sentence(kind, subjects, text) for (kind, text), subjects in groups.items()]


def _sentence(kind: str, subjects: list[str], text: str) -> str:
    if len(subjects) == 1 or kind not in ("shard", "gateway"):
        return f"{subjects[0]} {text}"
    if kind == "gateway":
        return f"{subjects[0]} (and {len(subjects) - 1} more) {text}"
    found = (_SHARD.fullmatch(subject) for subject in subjects)
    return f"shards {numbers(int(match[1]) for match in found if match)}: each {text}"
