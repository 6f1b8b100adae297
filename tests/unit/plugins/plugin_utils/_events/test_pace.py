"""When the gateways are asked again."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.plugin_utils._events.pace import LONGEST, pause
from hypothesis import given
from hypothesis import strategies as st


def test_it_doubles_up_to_a_minute_while_nobody_answers() -> None:
    found = [pause(2, failed, 0) for failed in range(8)]
    assert found == [2, 4, 8, 16, 32, 60, 60, 60]


def test_chance_shortens_it_so_that_controllers_do_not_ask_together() -> None:
    assert pause(2, 9, 1) == 48
    assert pause(2, 0, 1) == 2


@given(
    st.floats(0.1, LONGEST),
    st.integers(0, 10**9),
    st.floats(0, 1),
)
def test_it_is_never_shorter_than_the_interval_nor_longer_than_a_minute(
    interval: float, failed: int, chance: float
) -> None:
    assert interval <= pause(interval, failed, chance) <= LONGEST
