# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What speaks against a procedure, and what of it an operator has accepted by name.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple


class Blocker(NamedTuple):
    """What speaks against it: the kind, of what, and what to do."""

    kind: str
    subject: str
    detail: str


def divided(
    blockers: Sequence[Blocker], acceptable: Collection[str], accept: Collection[str]
) -> dict[str, Any]:
    """`{blockers, accepted, refusal}`: those that stay, those that may be accepted and were, and a
    sentence of those that stay, "" if nothing does.

    :param acceptable: the kinds that an operator may accept.
    :param accept: the kinds that one has accepted.
    """
    passes = [b for b in blockers if b.kind in acceptable and b.kind in accept]
    stay = [b for b in blockers if b not in passes]
    return {
        "blockers": [b._asdict() for b in stay],
        "accepted": [b._asdict() for b in passes],
        "refusal": _refusal(stay),
    }


def _refusal(blockers: Sequence[Blocker]) -> str:
    if not blockers:
        return ""
    kinds = ", ".join(dict.fromkeys(b.kind for b in blockers))
    told = "; ".join(f"{b.subject}: {b.detail}".rstrip(".") for b in blockers)
    return f"{kinds}: {told}. Nothing was changed."
