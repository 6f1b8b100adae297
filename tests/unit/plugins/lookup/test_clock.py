"""The lookup `clock`: the same in every time zone, and one that nobody sets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible_collections.stemedb.cluster.plugins.lookup.clock import LookupModule


def seconds(*terms: Any) -> list[float]:
    return LookupModule().run(list(terms))


@pytest.fixture(params=["UTC", "EST5EDT,M3.2.0,M11.1.0", "JST-9"])
def time_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("time_zone")
def test_the_wall_clock_is_that_of_the_epoch_in_every_time_zone() -> None:
    before = time.time()
    (told,) = seconds("wall")
    assert before <= told <= time.time()


@pytest.mark.usefixtures("time_zone")
def test_lengths_are_told_by_a_clock_that_goes_on_while_the_host_is_suspended() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    first, second = seconds("passed", "passed")
    assert before <= first <= second <= time.clock_gettime(time.CLOCK_BOOTTIME)


@pytest.mark.parametrize("term", ["", "monotonic", 1])
def test_an_unknown_clock_is_refused(term: Any) -> None:
    with pytest.raises(AnsibleLookupError, match="wall and passed"):
        seconds(term)
