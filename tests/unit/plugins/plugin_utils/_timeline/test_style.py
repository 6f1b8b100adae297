"""The style: whatever is drawn has a color, in both schemes, and enough contrast."""

from __future__ import annotations

import re

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.page import page
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.style import STYLE

from tests.support.timelines import made

LIGHT, DARK = (
    dict(re.findall(r"--(\w+):\s*(#[0-9a-f]{3,6})", block))
    for block in re.findall(r":root\{(.*?)\}", STYLE, re.DOTALL)
)


def luminance(color: str) -> float:
    digits = color[1:] if len(color) == 7 else "".join(c * 2 for c in color[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear))


def contrast(one: str, two: str) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_both_schemes_have_the_same_colors() -> None:
    assert sorted(LIGHT) == sorted(DARK)
    assert set(re.findall(r"var\(--(\w+)\)", STYLE)) <= set(LIGHT)


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_text_and_bars_can_be_told_from_what_is_behind_them(scheme: dict[str, str]) -> None:
    for name in ("fg", "soft", "dead"):
        assert contrast(scheme[name], scheme["bg"]) >= 4.5, name
    for name in ("alive", "suspect", "dead", "other", "wait", "change", "task", "heat5"):
        assert contrast(scheme[name], scheme["bg"]) >= 3, name


def test_every_class_has_a_style() -> None:
    used = {
        name
        for found in re.findall(r'class="([^"]*)"', page(made("failed")))
        for name in found.split()
    }
    assert sorted(name for name in used if f".{name}" not in STYLE) == ["key"]
