"""Why a section of a probe is null."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.plugin_utils._probes import why


def test_what_the_probe_says_about_the_section_and_no_other() -> None:
    errors = [
        {"section": "log", "message": "cannot be read"},
        {"section": "service", "message": "not found"},
        {"section": "log", "message": "not in time"},
    ]
    assert why({"errors": errors}, "log") == "cannot be read; not in time"


def test_what_was_not_asked_for_is_said() -> None:
    assert why({"errors": []}, "log") == "the probe did not ask for it"
    assert why({}, "log") == "the probe did not ask for it"
