"""The filter `typed`: the plugin around its function, which has its own tests."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.typed import FilterModule

typed = FilterModule().filters()["typed"]


def test_a_text_is_read() -> None:
    assert typed("a,b", "list") == ["a", "b"]
    assert typed("{}", "dict") == {}


def test_what_cannot_be_read_is_an_error() -> None:
    with pytest.raises(AnsibleFilterError, match="wanted is a dictionary"):
        typed("abc", "dict")
