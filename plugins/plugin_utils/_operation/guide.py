# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operators' guide expects of the steps of a procedure. Private to stemedb.cluster."""

from __future__ import annotations

# By the name of the step, which is that of a stage of a wait, or of the procedure.
TIMES = {
    "Dead or gone in every view": "30-60 s",
    "Healthy and stable": "2-5 minutes in all",
    "Healthy and stable, replication factor restored": "5-10 minutes in all",
    "replace_node": "5-10 minutes in all",
    "Shards assigned": "30-60 s, 1-2 minutes at times",
}
