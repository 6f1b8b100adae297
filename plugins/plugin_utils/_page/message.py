# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person is paged with, and which pages are about the same.

Private to stemedb.cluster. Pure. The page holds what the run has printed, and no more: no
variables, no credentials.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

FORMAT = 1
_MOST_LINES = 60
_LONGEST = 500
# A time that is left, a process: other in each run, and no other cause. `node-03`, `10.0.0.3` stay.
_NUMBER = re.compile(r"(?<![\w.:-])\d+(?:\.\d+)?(?![\w:-]|\.\d)")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?")
_RUN = re.compile(r"\b[0-9a-f]{8,}\b(?!-)")


def page(
    cluster: str, sentence: str, cause: Sequence[str], lines: Sequence[str], source: str, when: str
) -> dict[str, Any]:
    """The JSON of a page.

    :param cause: what it is about, such as `storm: node-02, node-03`; by default the sentence.
    :param source: what has started the run.
    :param when: ISO 8601 in UTC.
    :returns: `text` is what a chat shows; `dedup_key` is the same for all pages of one cause.
    """
    about = list(cause) or [_steady(sentence)]
    name = cluster or "a cluster without a name"
    return {
        "format": FORMAT,
        "cluster": cluster,
        "text": f"StemeDB, {name}: {sentence}"[:_LONGEST],
        "cause": [one[:_LONGEST] for one in about],
        "dedup_key": key(cluster, about),
        "lines": [line[:_LONGEST] for line in lines[:_MOST_LINES]],
        "source": source,
        "time": when,
    }


def key(cluster: str, cause: Sequence[str]) -> str:
    """The same for each page of a cause, whatever the order of what it is about."""
    told = "\0".join([cluster, *sorted(cause)])
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _steady(sentence: str) -> str:
    for changing in (_TIME, _RUN, _NUMBER):
        sentence = changing.sub("#", sentence)
    return sentence
