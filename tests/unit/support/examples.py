"""How many examples Hypothesis tries of a property."""

from __future__ import annotations

import sys

from hypothesis import settings

# One Python searches; on the others the question is whether they do the same.
SEARCHES = sys.version_info[:2] == (3, 11)


def examples(count: int) -> settings:
    """Decorate a property: `count` examples, a quarter of them on the other Pythons."""
    return settings(max_examples=count if SEARCHES else count // 4)
