"""The lookup `sha256`: of a file that is not there, nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ansible.parsing.dataloader import DataLoader
from ansible_collections.stemedb.cluster.plugins.lookup.sha256 import LookupModule


def test_a_file_has_its_checksum_and_what_is_none_an_empty_one(tmp_path: Path) -> None:
    file = tmp_path / "stemedb-node"
    file.write_bytes(b"x" * (3 << 20))
    wanted = hashlib.sha256(file.read_bytes()).hexdigest()
    terms = [str(file), str(tmp_path / "none"), str(tmp_path)]
    assert LookupModule(loader=DataLoader()).run(terms, {}) == [wanted, "", ""]


def test_a_file_is_looked_for_where_copy_looks(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "stemedb-node").write_bytes(b"x")
    variables = {"ansible_search_path": [str(tmp_path)]}
    (found,) = LookupModule(loader=DataLoader()).run(["stemedb-node"], variables)
    assert found == hashlib.sha256(b"x").hexdigest()
