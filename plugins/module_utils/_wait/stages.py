# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages of a wait, from the options of `stemedb_wait`. Private to stemedb.cluster."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.replication import (
    fraction_problem,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.conditions import (
    ShardId,
    parse_conditions,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    LEAST_SAMPLES,
    Plan,
    Settings,
    Stage,
)


def parse_stages(params: Mapping[str, Any], shard_id: ShardId) -> tuple[Stage, ...]:
    """What to wait for, one thing after the other; `conditions` are one stage without a name.

    :raises StemeDBError: `config`, for what could never be fulfilled or is not clear.
    """
    told = params["stages"]
    if told is None and params["conditions"] is None:
        raise StemeDBError(
            "config",
            "missing required arguments: conditions, or stages. conditions must be a list that is"
            " not empty.",
        )
    if told is None:
        return (Stage("", _plan(params, shard_id)),)
    if params["conditions"] is not None:
        raise StemeDBError("config", "Name either conditions or stages, not both.")
    if not told:
        raise StemeDBError("config", "stages must be a list that is not empty: name one at least.")
    names = [stage["name"].strip() for stage in told]
    if "" in names:
        raise StemeDBError("config", "Each of the stages needs a name, which progress begins with.")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise StemeDBError("config", f"Two stages are called {twice[0]!r}: give each its own name.")
    # A window of stability is for what is to last: the stages before only have to come about.
    windows = [0.0] * (len(told) - 1) + [params["stable_for"]]
    return tuple(
        _stage(name, {**params, "stable_for": window, **_set(stage)}, shard_id)
        for name, window, stage in zip(names, windows, told)
    )


def _set(stage: Mapping[str, Any]) -> dict[str, Any]:
    return {option: value for option, value in stage.items() if value is not None}


def _stage(name: str, told: Mapping[str, Any], shard_id: ShardId) -> Stage:
    try:
        return Stage(name, _plan(told, shard_id))
    except StemeDBError as error:
        raise StemeDBError(error.code, f"stage {name}: {error.message}") from None


def _plan(told: Mapping[str, Any], shard_id: ShardId) -> Plan:
    hopeless = told["fail_fast"]
    plan = Plan(
        parse_conditions(told["conditions"], shard_id),
        Settings(
            told["replicated_fraction"], told["expect_shards"], frozenset(told["expect_nodes"])
        ),
        told["stable_for"],
        told["interval"],
        told["timeout"],
        told["stall_timeout"],
        parse_conditions(hopeless, shard_id, "fail_fast") if hopeless else (),
    )
    wrong = _wrong(plan)
    if wrong:
        raise StemeDBError("config", f"{wrong}: this wait could never be fulfilled.")
    return plan


def _wrong(plan: Plan) -> str | None:
    if not math.isfinite(plan.timeout):
        return f"timeout ({plan.timeout:g} s) must come to an end"
    if not 0 <= plan.stable_for < plan.timeout:
        return (
            f"stable_for ({plan.stable_for:g} s) must not be negative, and be less than timeout "
            f"({plan.timeout:g} s)"
        )
    if not 0 < plan.interval <= plan.timeout / LEAST_SAMPLES:
        return (
            f"interval ({plan.interval:g} s) must be more than 0 and leave time for "
            f"{LEAST_SAMPLES} samples in timeout ({plan.timeout:g} s)"
        )
    if plan.stall_timeout is not None and plan.stall_timeout <= 0:
        return f"stall_timeout ({plan.stall_timeout:g} s) must be more than 0"
    return fraction_problem(plan.settings.fraction)
