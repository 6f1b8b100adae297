"""Mixed versions are a warning, unknown ones a note, and one build is one version."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.tests.unit.support.preflight_facts import (
    BINARY,
    good,
    judged,
)

A, B, C = "a" * 64, "b" * 64, "c" * 64


def build(sha256: Optional[str] = A, version: Optional[str] = "0.9", **more: Any) -> dict[str, Any]:
    """What the probe says of one host's binary."""
    error = None if version else "it would not say"
    return {"binary": dict(BINARY, sha256=sha256, version=version, error=error, **more)}


def versions(
    ours: dict[str, Any], *members: dict[str, Any], **settings: Any
) -> list[tuple[str, str]]:
    """Severity and text of each finding."""
    facts = good()._replace(binaries={f"m{n}": probe for n, probe in enumerate(members, start=1)})
    facts.probe.update(ours)
    found = judged(facts, **settings)
    assert {one.kind for one in found} <= {"unknown_version", "mixed_versions"}
    return [(one.severity, f"{one.subject}: {one.detail}") for one in found]


def test_the_same_version_everywhere_is_nothing_to_say() -> None:
    assert versions(build(), build(), build()) == []
    # For another machine, or built again.
    assert versions(build(A), build(B), build(C)) == []


def test_mixed_versions_are_shown_by_host() -> None:
    ((severity, text),) = versions(build(), build(), build(B, "0.8"))
    assert severity == "warning"
    assert "0.9 on this host, m1; 0.8 on m2" in text
    ((severity, text),) = versions(build(C, "0.9.1"), build(), build())
    assert severity == "warning"
    assert "0.9.1 on this host; 0.9 on m1, m2" in text


def test_one_build_is_one_version_also_where_it_would_not_say() -> None:
    assert versions(build(A, None), build(A), build(A)) == []
    assert versions(build(A, None), build(A, None)) == []


def test_another_build_that_does_not_say_its_version_is_unknown() -> None:
    ((severity, text),) = versions(build(B, None), build())
    assert severity == "note"
    assert f"0.9 on m1; build {B[:12]} on this host (it would not say)" in text
    ((severity, text),) = versions(build(A, None), build(B, None))
    assert severity == "note"
    assert "whether the versions do is not known" in text


REMOTE = {"artifact": "/srv/node", "artifact_is_remote": True}
URL = {"artifact": "https://releases.example.com/node"}


def test_what_will_be_installed_counts_and_not_what_is_there() -> None:
    old = build(B, "0.8")
    assert versions(old, build(A), **URL, checksum=A) == []
    ((severity, text),) = versions(old, build(A), **URL, checksum=C)
    assert severity == "note"
    assert f"build {C[:12]} on this host (not installed yet)" in text
    # Of a file without a checksum nothing is known, and no file of the controller is run.
    ((severity, text),) = versions(old, build(A), **URL)
    assert (severity, text.partition(":")[0]) == ("note", "this host")
    assert "set stemedb_node_checksum" in text
    # What lies on the host can be asked there.
    assert versions(build(A), build(A), **REMOTE) == []
    ((severity, _text),) = versions(old, build(A), **REMOTE)
    assert severity == "warning"
    # Installed already, it can be asked as well.
    ((severity, text),) = versions(build(C, "0.9.1"), build(A), **URL, checksum=C)
    assert severity == "warning"


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        ({"lost": True, "msg": "Connection timed out"}, "Connection timed out"),
        ({"failed": True, "msg": "no Python"}, "no Python"),
        ({"failed": True}, "it was not reached"),
        ({"binary": None, "errors": [{"section": "binary", "message": "denied"}]}, "denied"),
        ({"binary": {"path": "/bin/node", "exists": False}}, "/bin/node is not there"),
    ],
)
def test_a_member_that_cannot_be_asked_is_a_note(probe: dict[str, Any], words: str) -> None:
    ((severity, text),) = versions(build(), build(), probe)
    assert (severity, text.partition(":")[0]) == ("note", "m2")
    assert words in text


def test_where_no_member_can_be_asked_that_is_a_note() -> None:
    ((severity, text),) = versions(build())
    assert severity == "note"
    assert "stemedb_preflight_version_hosts" in text
    facts = good()._replace(binaries=None)
    assert [one.kind for one in judged(facts)] == ["unknown_version"]
