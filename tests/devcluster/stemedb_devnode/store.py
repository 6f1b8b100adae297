"""What survives a restart: identity.json and state.json in the data directory."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from . import NodeError


class Store:
    """An exclusively opened data directory that belongs to one node of one cluster."""

    def __init__(self, folder: Path, node_id: str, cluster: str) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = (folder / "lock").open("w")
        except OSError as error:
            raise NodeError(f"cannot use data directory {folder}: {error.strerror}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise NodeError(f"data directory {folder} is in use by another process") from None
        owner = self._read("identity.json")
        self.node_id = node_id or owner.get("node_id", "")
        if not self.node_id:
            raise NodeError("--node-id is missing: give an id, for example from uuidgen")
        for key, word, ours in (
            ("node_id", "node", self.node_id),
            ("cluster_name", "cluster", cluster),
        ):
            if owner.get(key, ours) != ours:
                raise NodeError(
                    f"data directory {folder} belongs to {word} {owner[key]!r}, not {ours!r}: "
                    "give each node a data directory of its own"
                )
        self.state = self._read("state.json")
        self._write("identity.json", {"node_id": self.node_id, "cluster_name": cluster})

    def save(self, state: dict[str, Any]) -> None:
        self._write("state.json", state)

    def _read(self, name: str) -> dict[str, Any]:
        path = self._folder / name
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise NodeError(f"cannot read {path}: {error}") from None
        if not isinstance(content, dict):
            raise NodeError(f"cannot read {path}: it holds no JSON object")
        return content

    def _write(self, name: str, content: dict[str, Any]) -> None:
        draft = self._folder / f".{name}.draft"
        try:
            draft.write_text(json.dumps(content), encoding="utf-8")
            os.replace(draft, self._folder / name)
        except OSError as error:
            raise NodeError(f"cannot write {draft}: {error.strerror}") from None
