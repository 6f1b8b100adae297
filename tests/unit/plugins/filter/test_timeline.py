"""The filter `timeline`: around `_operation.goals.timeline`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.timeline import FilterModule

timeline = FilterModule().filters()["timeline"]


def test_it_gives_lines() -> None:
    assert timeline([{"name": "Alive", "seconds": "3.2", "guide": ""}]) == ["Alive  3 s"]


@pytest.mark.parametrize("steps", [[{}], [{"name": "Alive", "seconds": "soon"}], 5, ["text"]])
def test_what_are_no_steps_is_refused(steps: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.timeline: the input"):
        timeline(steps)
