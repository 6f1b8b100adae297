# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the gateways are asked again. Private to stemedb.cluster. Pure."""

from __future__ import annotations

LONGEST = 60.0

# Beyond it, doubling changes nothing: the shortest interval has come to the longest by then.
_MOST_DOUBLINGS = 10


def pause(interval: float, failed: int, chance: float) -> float:
    """Seconds until the next sample.

    :param interval: seconds between samples while gateways answer.
    :param failed: how many samples in a row no gateway answered.
    :param chance: from 0 to 1; it shortens a longer pause by a fifth at most, so that several
        controllers do not all ask at once.
    """
    if not failed:
        return interval
    longer = min(LONGEST, interval * 2.0 ** min(failed, _MOST_DOUBLINGS))
    return max(interval, longer * (1 - chance / 5))
