"""Keeps what Python compiles of the archives in which Ansible brings its modules.

Each module that runs brings the same sources in an archive of its own, and Python itself keeps
nothing of those. Loaded by every Python that has this folder in its PYTHONPATH.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import zipimport
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType

KEPT = Path(__file__).resolve().parents[4] / "build" / "compiled" / MAGIC_NUMBER.hex()
compile_source = vars(zipimport)["_compile_source"]


def kept(path: str, source: bytes) -> CodeType:
    """What `compile_source` gives; in a traceback its files are those of the archive before."""
    place = KEPT / hashlib.sha256(source).hexdigest()
    try:
        with place.open("rb") as stream:
            found: CodeType = marshal.load(stream)
            return found
    except (OSError, EOFError, ValueError):
        code: CodeType = compile_source(path, source)
    draft = place.with_suffix(f".{os.getpid()}")
    KEPT.mkdir(parents=True, exist_ok=True)
    draft.write_bytes(marshal.dumps(code))
    draft.replace(place)
    return code


vars(zipimport)["_compile_source"] = kept
