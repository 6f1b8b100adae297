# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as the file that binds a later run. Private to stemedb.cluster. Pure.

The form is that of docs/docsite/plan.schema.json.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# What of the module's result is the plan, in the order in which a reader of the file wants it.
KEYS = (
    "format",
    "cluster",
    "created",
    "drift",
    "refused",
    "accepted",
    "steps",
    "to_replace",
    "missing",
    "to_add",
    "substituted",
    "undeclared",
    "unfinished",
    "matched",
    "fingerprint",
    "fingerprint_after",
)


def plan_document(plan: Mapping[str, Any]) -> str:
    """The text of the file, in ASCII: no character of it changes how the rest is read."""
    return json.dumps({key: plan[key] for key in KEYS}, indent=2) + "\n"
