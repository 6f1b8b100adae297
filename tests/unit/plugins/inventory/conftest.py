"""Inventories of the small served cluster, which tests of the plugin share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.tests.support.fault_server import FaultServer
from ansible_collections.stemedb.cluster.tests.unit.support.inventories import Found, Reads, read
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import serve


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serve() as made:
        yield made


@pytest.fixture
def reads(server: FaultServer, tmp_path: Path) -> Reads:
    """Reads an inventory of that cluster; keywords are options of the plugin."""

    def run(earlier: Any = None, flush: bool = False, files: Any = None, **options: Any) -> Found:
        given = {"gateway_url": server.url, **options}
        return read(tmp_path, given, earlier, not flush, files)

    return run
