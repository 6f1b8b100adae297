# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source `stemedb.cluster.cluster_events`."""

from __future__ import annotations

DOCUMENTATION = r"""
short_description: Events of a StemeDB cluster
description:
  - Asks all gateways, and sends an event when something has changed for O(settle) seconds. What has
    not lasted is not reported, and what is reported is reported once.
  - Sends a reminder every O(remind) seconds while anything is amiss. After the start, after a node
    left, and after the last trouble, reminders continue for O(linger) seconds, because a run may
    have been refused meanwhile.
  - An event is C(event.stemedb), with the field C(kind). C(amiss) is whether something is wrong
    now; an event with V(false) is an end. C(old), C(new) and C(since) describe the change, and
    C(observers) what each gateway says.
  - C(node_state_changed), C(node_joined) and C(node_left) have C(node_id) and C(address).
    C(shard_leaderless) and C(shard_under_replicated) have C(shards), the numbers of the first 100.
    There is one for all shards if there are more of them, or none any more. C(views_diverged) means
    that gateways differ in nodes, states, leaders or replicas, and C(gateway_unreachable) that one
    does not answer, or answers with lists that do not match its own counts.
  - Each text in an event is a word of this collection or matches a strict pattern. An ID or an
    address that does not is V(null).
  - Once its options are accepted, it never ends. While no gateway answers, it asks less often, at
    least every 60 seconds.
options:
  interval:
    description: Seconds between samples, from 0.1 to 60.
    type: float
    default: 2
  settle:
    description: Seconds for which a change has to last, in two samples at least.
    type: float
    default: 10
  remind:
    description: Seconds between reminders.
    type: float
    default: 300
  linger:
    description: Seconds for which reminders continue while nothing is amiss.
    type: float
    default: 3600
  timeout:
    description:
      - Maximum time for a sample of all gateways, in seconds.
      - The environment variable E(STEMEDB_TIMEOUT) is used if this is not set.
    type: float
    default: 5
  retries:
    description: How often a GET is sent again. The next sample comes soon enough.
    type: int
    default: 0
  cluster_name:
    description: The name of the cluster that is meant. No sample counts with a gateway of another.
    type: str
extends_documentation_fragment:
  - stemedb.cluster.gateway
author: stemedb.cluster contributors (@stemedb)
notes:
  - Never pass a variable of an event to a playbook. The playbooks ask the cluster themselves.
"""

EXAMPLES = r"""
- name: Wake the playbook that decides
  hosts: all
  sources:
    - name: StemeDB
      stemedb.cluster.cluster_events:
        gateway_url: "{{ stemedb_gateway_url }}"
  rules:
    - name: Reconcile when a node is Dead
      condition: event.stemedb.kind == "node_state_changed" and event.stemedb.new == "Dead"
      action:
        run_playbook:
          name: stemedb.cluster.reconcile
          extra_vars:
            stemedb_unattended: replace
"""

import asyncio
import logging
import random
import sys
import time
from pathlib import Path
from typing import Any

# Not importable in a source: the folder that holds ansible_collections, whatever links led here.
sys.path += [str(folder) for folder in Path(__file__).absolute().parents[7:8]]

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import (
    require_requests,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.observers import Observers
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import (
    cluster_name_spec,
    gateway_spec,
    gateway_urls,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._events.pace import LONGEST, pause
from ansible_collections.stemedb.cluster.plugins.plugin_utils._events.reading import read, silence
from ansible_collections.stemedb.cluster.plugins.plugin_utils._events.watch import (
    Event,
    Settings,
    Watch,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plugin import observers

NAME = "stemedb.cluster.cluster_events"
logger = logging.getLogger(NAME)

# The least and the most that each time may be, in seconds.
_TIMES = {
    "interval": (0.1, LONGEST),
    "settle": (0.0, 3600.0),
    "remind": (1.0, 86400.0),
    "linger": (0.0, 7 * 86400.0),
    "timeout": (0.1, LONGEST),
}


async def main(queue: Any, args: dict[str, Any]) -> None:
    """Send events for ever: whatever happens to a sample, there is a next one.

    :raises ValueError: an option that cannot be used.
    """
    options, asked = _accepted(args)
    urls = gateway_urls(options)
    settings = Settings(urls, options["settle"], options["remind"], options["linger"])
    watch = Watch(settings, time.monotonic())
    failed, complaint = 0, ""
    while True:
        task = asyncio.create_task(asyncio.to_thread(_sample, watch, asked, urls, options))
        # Waited for, not awaited: it is to be asked whether it failed, by whatever error.
        await asyncio.wait({task})
        error = task.exception()
        events, trouble = ([], f"{type(error).__name__}: {error}") if error else task.result()
        failed = failed + 1 if trouble else 0
        if trouble != complaint:
            logger.warning("%s", trouble or "A gateway answers again.")
        complaint = trouble
        for event in events:
            await queue.put({"stemedb": event})
        await asyncio.sleep(pause(options["interval"], failed, random.random()))  # noqa: S311


def _sample(
    watch: Watch, asked: Observers, urls: tuple[str, ...], options: dict[str, Any]
) -> tuple[list[Event], str]:
    """The events of one sample, and why no gateway answered, if so."""
    try:
        reading, trouble = read(asked.sample(budget=options["timeout"])), ""
    except StemeDBError as error:
        reading, trouble = silence(urls, error.code), f"{error.message} (code {error.code})"
    return watch.observe(reading, time.monotonic(), time.time()), trouble


def _accepted(args: dict[str, Any]) -> tuple[dict[str, Any], Observers]:
    """The options with their defaults, and what asks the gateways."""
    # Handed to every source in some versions.
    given = {name: value for name, value in args.items() if name != "eda_feedback_queue"}
    result = ArgumentSpecValidator(_specification()).validate(given)
    problems = list(result.error_messages)
    options = result.validated_parameters
    for name, (least, most) in () if problems else _TIMES.items():
        if not least <= options[name] <= most:
            problems.append(f"{name} is {options[name]:g}: use {least:g} to {most:g} seconds")
    if problems:
        raise ValueError(f"{NAME}: {'; '.join(problems)}.")
    try:
        require_requests()
        return options, observers(options.__getitem__, None, options["cluster_name"])
    except StemeDBError as error:
        raise ValueError(f"{NAME}: {error.message}") from None


def _specification() -> dict[str, dict[str, Any]]:
    gateway = gateway_spec()
    return {
        **gateway,
        **cluster_name_spec(),
        "timeout": {**gateway["timeout"], "default": 5.0},
        "retries": {**gateway["retries"], "default": 0},
        "interval": {"type": "float", "default": 2.0},
        "settle": {"type": "float", "default": 10.0},
        "remind": {"type": "float", "default": 300.0},
        "linger": {"type": "float", "default": 3600.0},
    }
