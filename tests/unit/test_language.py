"""Phrases that texts for users and contributors avoid; codespell has the single words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# phrase -> better words
PHRASES = {
    r"\ball holds\b": "all conditions met",
    r"(?<!of )\b1 (nodes|hosts|shards|replicas|seconds)\b": "the singular",
    r"\b(is|be|been|become|becomes|stay|stays|back and|not) well\b|\bwell, and\b": "healthy",
    r"\bspeaks? (against|for|of)\b": "blocks, names",
    r"\b(stands?|stood) still\b": "is stopped, makes no progress",
    r"\b(goes|go|gone|going) on (with|from|where)\b": "resumes",
    r"\b(give|gives|given|gave) (it|the lock|back) ?(back)?\b": "release",
    r"\block of (the|a) cluster\b|\bkeep the lock\b": "cluster lock, renew",
    r"\bis no witness\b": "is not asked about itself",
    r"\bruns? before (has|have|had|it)\b": "an earlier run",
    r"\blook(s|ed)? at\b|\blook whether\b": "read, check, probe",
    r"\bfind out\b|\bfound out\b": "select, plan, determine",
    r"\bsum(s|med)? up\b": "summary",
    r"\b(whose|its|in) turn\b": "current node",
    r"\bstays? shut\b|\bof late\b|\bof no use\b": "does not pass, recent, fail_fast",
    r"\bfrom (host to host|run to run)\b": "by host, between runs",
    r"\bhand(s|ed)? (in|over)\b": "passes",
    r"\btake(s|n)? for (a|one)\b": "mistake for, count as",
}
# Not ready yet: another change rewrites them.
LATER = {"stemedb_host_info.py", "stemedb_lock_info.py", "stemedb_operation_lock.py"}


def texts() -> list[Path]:
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    patterns = (
        "docs/docsite/rst/*.rst",
        "scripts/site/*.rst",
        "examples/*/README.md",
        "roles/*/README.md",
        "roles/*/meta/argument_specs.yml",
        "changelogs/fragments/*.yml",
        "plugins/modules/*.py",
        "plugins/inventory/*.py",
        "plugins/lookup/*.py",
        "plugins/doc_fragments/*.py",
    )
    found += (path for pattern in patterns for path in sorted(ROOT.glob(pattern)))
    return [path for path in found if path.name not in LATER]


def read(path: Path) -> str:
    """The text; of Python only documentation, which is what users see of it."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        nodes = ast.walk(ast.parse(text))
        values = (node.value for node in nodes if isinstance(node, ast.Assign))
        constants = (value.value for value in values if isinstance(value, ast.Constant))
        text = "\n".join(value for value in constants if isinstance(value, str))
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("path", texts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_phrase_is_used_that_has_a_better_one(path: Path) -> None:
    text = read(path)
    found = [
        f"{match.group()!r} in {text[max(0, match.start() - 40) : match.end() + 30]!r}: {better}"
        for phrase, better in PHRASES.items()
        for match in re.finditer(phrase, text, re.IGNORECASE)
    ]
    assert found == []
