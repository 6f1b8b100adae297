# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came back from a gateway, before anybody has read it. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from typing import NamedTuple

# Bytes of a body in which the words of an error are looked for.
_QUOTED = 65536


class Answer(NamedTuple):
    """A whole answer."""

    method: str
    url: str
    status: int
    body: bytes
    location: str = ""
    retry_after: str = ""
    content_type: str = ""

    def shortened(self) -> Answer:
        """The same with the beginning of its body, which is all that an error quotes."""
        return self._replace(body=self.body[:_QUOTED])
