# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a node of a rolling restart has its turn. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def turn(ended: str, rechecked: Mapping[str, Any] | None, check: bool) -> dict[str, Any]:
    """`{state, why}`: whether a node has its turn, `begun` or `planned`, or is left or skipped.

    :param ended: why the run has been ended, "" if it has not.
    :param rechecked: `{found}`, a plan of this node alone; None where it was not looked at again.
    """
    if ended or rechecked is None:
        return {"state": "left", "why": ended or "the run had been ended when it was its turn"}
    found = rechecked["found"]
    if not found["targets"]:
        return {"state": "skipped", "why": found["done"][0]["why"] if found["done"] else ""}
    return {"state": "planned" if check else "begun", "why": ""}
