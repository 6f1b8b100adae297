# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages whoever is on call, once per cause and hour. Private to stemedb.cluster.

What was paged is remembered by files on the controller, so that a trigger that was started again
pages nobody twice. Where those cannot be kept, a page too many is better than none.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible import constants
from ansible.module_utils.urls import open_url
from ansible_collections.stemedb.cluster.plugins.module_utils._times import iso
from ansible_collections.stemedb.cluster.plugins.plugin_utils import _run
from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock.reason import started_by

HOUR = 3600.0
_TIMEOUT = 10


def send(url: str, page: Mapping[str, Any], folder: Path | None = None) -> str:
    """A sentence about what came of it, "" if the same was paged within the hour.

    The address may be a secret, and is not repeated.

    :param page: as `message.page` makes it.
    :param folder: where what was paged is remembered.
    """
    mark = (folder or home() / "stemedb" / "pages") / str(page["dedup_key"])
    if not _first(mark):
        return ""
    host = urlsplit(url).hostname or "an address without a host"
    try:
        with open_url(
            url,
            data=json.dumps(page).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
            timeout=_TIMEOUT,
            follow_redirects="none",
        ):
            return f"Paged {host}."
    except (OSError, ValueError, HTTPException) as error:
        mark.unlink(missing_ok=True)
        why = str(error).replace(url, host)
        return f"Nobody was paged: {host} refused it or did not answer ({why[:200]})."


def home() -> Path:
    """Where Ansible keeps what outlives a run."""
    return Path(constants.config.get_config_value("ANSIBLE_HOME"))


def source(variables: Mapping[str, Any]) -> str:
    """What has started this run: a job, otherwise who runs it and where."""
    me = _run.owner()
    return started_by(os.environ, variables) or f"{me['user']} on {me['controller']}"


def now() -> str:
    """The controller's time, ISO 8601 in UTC."""
    return iso(time.time())


def _first(mark: Path) -> bool:
    """Whether this cause was not paged within the last hour; from now on it was."""
    moment = time.time()
    try:
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in mark.parent.iterdir():
            # A mark from the future is of a clock that was set.
            if not 0 <= moment - old.stat().st_mtime < HOUR:
                old.unlink(missing_ok=True)
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    except OSError:
        return True
    return True
