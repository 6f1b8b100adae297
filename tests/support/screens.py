"""The screens of the callback `operation` that are stored, and what of a screen counts."""

from __future__ import annotations

import re
from pathlib import Path

SCREENS = Path(__file__).resolve().parents[1] / "integration" / "screens"
# What is another each time, or on another machine.
VARIABLE = (
    (r" \\(?=\s)", ""),
    (r"(?<!\S)\d\d:\d\d(?= )", "MM:SS"),
    (r"\[ *\d+ s\]", "[N s]"),
    (r" +(\d+ min )?\d+ s\b", " N s"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
    (r"\b[0-9a-f]{8}\b", "ID"),
    (r"127\.\d+\.\d+\.\d+", "ADDRESS"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*", "TIME"),
    (r"\d{8}T\d{6}Z", "TIME"),
    (r"/[^ ']*/(?=(hosts|site|ansible)\b)", "/FOLDER/"),
    (r"\(\d+(\.\d+)? [KM]iB\)", "(SIZE)"),
    (r"\d+(\.\d+)? GB free", "SIZE free"),
    (r" \(\d+ led\)", ""),
    (r"\d+ shards?", "SHARDS"),
    (r"leads \d+", "leads N"),
    (r"meta_version was \d+ before and is \d+", "meta_version was N before and is N"),
)


def normal(text: str) -> str:
    """A text without what differs from run to run."""
    for pattern, word in VARIABLE:
        text = re.sub(pattern, word, text)
    return text


def words(text: str) -> str:
    """A text without its breaks, which depend on how long a path is."""
    return normal(" ".join(text.split()))
