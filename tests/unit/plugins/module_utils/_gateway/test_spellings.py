"""Spellings for the contract check. That each is understood: see _contract_check/test_dialect."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.paths import (
    PATHS,
    check_endpoints,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.spellings import (
    FIELDS,
    GUESSES,
    LISTS,
)


def test_a_guess_is_a_usable_path_that_is_not_known_anyway() -> None:
    for call, guesses in GUESSES.items():
        assert not set(guesses) & set(PATHS[call])
        assert all(check_endpoints({call: path}) for path in guesses)


def test_the_usual_name_of_a_field_is_one_of_its_spellings() -> None:
    assert [
        (kind, field)
        for kind, fields in FIELDS.items()
        for field, keys in fields.items()
        if field not in keys
    ] == []
    assert set(LISTS) <= set(PATHS)
