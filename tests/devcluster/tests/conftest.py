from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.devcluster.cluster import DevCluster


@pytest.fixture
def make_cluster(tmp_path: Path) -> Iterator[Callable[..., DevCluster]]:
    """Clusters that are stopped when the test ends. Times as short as their floors allow."""
    made: list[DevCluster] = []

    def make(**options: Any) -> DevCluster:
        made.append(DevCluster(tmp_path / str(len(made)), **{"time_scale": 0.02, **options}))
        return made[-1]

    yield make
    for cluster in made:
        cluster.stop()


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevCluster]:
    """A settled cluster of three, shared by the tests of a module. Faults are cleared by them."""
    with DevCluster(tmp_path_factory.mktemp("three"), time_scale=0.02) as cluster:
        cluster.start(3).wait_settled()
        yield cluster
