"""Of all unit tests: no property has a time limit, since machines are shared."""

from __future__ import annotations

import gc

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# What tests make is small, and looking for garbage often takes an eighth of their time.
gc.set_threshold(100_000, 50, 100)
