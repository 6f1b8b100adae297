# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which texts an event may hold: what matches a strict pattern. Private to stemedb.cluster. Pure.

Any member chooses its own ID, address and state, and a rulebook hands an event to a playbook as
variables that Ansible evaluates. So nothing that a template, a shell or a path could read gets
through.
"""

from __future__ import annotations

import re

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import STATES

OTHER = "other"

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_HOST = r"(?:[A-Za-z0-9][A-Za-z0-9_.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])"
_ADDRESS = re.compile(rf"{_HOST}(?::[0-9]{{1,5}})?|(?=.*:.*:)[0-9A-Fa-f:][0-9A-Fa-f:.]{{1,44}}")
_URL = re.compile(rf"https?://{_HOST}(?::[0-9]{{1,5}})?(?:/[A-Za-z0-9_./-]{{0,200}})?")


def node_id(text: str) -> str | None:
    """The ID of a node; None for one that an event may not hold."""
    return text if _ID.fullmatch(text) else None


def address(text: str | None) -> str | None:
    """The address of a node; None for one that an event may not hold."""
    return text if text and _ADDRESS.fullmatch(text) else None


def url(text: str) -> str | None:
    """The URL of a gateway; None for one that an event may not hold."""
    return text if _URL.fullmatch(text) else None


def state(word: str | None) -> str:
    """One of the known states, or `other`."""
    return word if word in STATES else OTHER
