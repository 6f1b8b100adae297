# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the result of stemedb_host_info. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def why(probe: Mapping[str, Any], section: str) -> str:
    """Why a section of it is null."""
    said = [e["message"] for e in probe.get("errors") or () if e["section"] == section]
    return "; ".join(said) or "the probe did not ask for it"
