"""Which files of an inventory can be changed by a patch, and how it names them."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.patch import Source
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.sources import sources


def test_the_files_of_an_inventory(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    files = {
        "inventory/hosts.yml": "all:\n",
        "inventory/hosts.ini": "[all]\n",
        "inventory/group_vars/all/vars.yml": "a: 1\r\n",
        "inventory/group_vars/all/broken.yml": "a: [\n",
        "inventory/group_vars/.hidden.yml": "a: 1\n",
        "inventory/host_vars/db-01": "b: 1\n",
        "inventory/readme": "no mapping\n",
        "other/hosts.yml": "all:\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    (tmp_path / "inventory/binary.yml").write_bytes(b"\xff")
    whole = sources([str(tmp_path / "inventory"), "db-01,", str(tmp_path / "nothing")])
    wanted = [
        Source("inventory/group_vars/all/vars.yml", "a: 1\r\n", True),
        Source("inventory/host_vars/db-01", "b: 1\n", True),
        Source("inventory/hosts.yml", "all:\n"),
    ]
    assert whole == wanted
    one = sources([str(tmp_path / "inventory/hosts.yml")])
    assert sorted(one) == sorted(wanted)
