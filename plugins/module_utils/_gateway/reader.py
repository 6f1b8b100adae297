# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the first gateway that answers: for those who show a cluster and decide nothing.

Private to stemedb.cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Callable, TypeVar

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Observer,
    Shard,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import (
    PARALLEL,
    Gateway,
    GatewayOptions,
)

# Another gateway may do better only where this one could not be talked to.
_NEXT = ("transport", "timeout")

T = TypeVar("T")


class Reader:
    """The first of several gateways that answers; it is asked again for the rest of the run."""

    def __init__(
        self,
        urls: tuple[str, ...],
        options: GatewayOptions,
        log: Callable[[str], None] | None,
        respell: Callable[[str], str] | None = None,
    ) -> None:
        self._gateways = [Gateway(url, options, log, respell) for url in urls]

    def snapshot(self) -> Snapshot:
        """One view: status, nodes and shards, without health and without replicas' sizes.

        :raises StemeDBError: as the first gateway failed, when none answered.
        """

        def view(gateway: Gateway) -> View:
            status = gateway.status()
            nodes = gateway.nodes(status)
            return View(gateway.url, status._replace(nodes=nodes), gateway.ranges())

        found = self._first(view)
        told = found.status
        observer = Observer(
            found.url,
            reachable=True,
            node_count=told.node_count,
            meta_version=told.meta_version,
        )
        return Snapshot((found,), (observer,))

    def details(self, shard_ids: Iterable[int]) -> dict[int, Shard]:
        """The shards with their replicas, eight asked at a time; one that is gone is left out."""

        def one(shard_id: int) -> Shard | None:
            try:
                return self._first(lambda gateway: gateway.shard(shard_id))
            except StemeDBError as error:
                if error.code == "not_found":
                    return None
                raise

        # Most runs ask for no details, and each run compiles and loads what it imports.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(PARALLEL) as pool:
            found = list(pool.map(one, sorted(set(shard_ids))))
        return {shard.shard_id: shard for shard in found if shard is not None}

    def _first(self, ask: Callable[[Gateway], T]) -> T:
        gateways = self._gateways
        place, answer = first_answer(gateways, ask)
        # The one that answered is asked first from now on.
        if place:
            self._gateways = gateways[place:] + gateways[:place]
        return answer


def first_answer(gateways: Sequence[Gateway], ask: Callable[[Gateway], T]) -> tuple[int, T]:
    """The place of the first gateway that answers, and its answer.

    :raises StemeDBError: as the first gateway failed, when none answered; at once as one failed
        that could be talked to.
    """
    errors: list[StemeDBError] = []
    for place, gateway in enumerate(gateways):
        try:
            return place, ask(gateway)
        except StemeDBError as error:
            if error.code not in _NEXT:
                raise
            errors.append(error)
    raise errors[0]
