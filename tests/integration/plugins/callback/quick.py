"""Has runs of Ansible use less of the processors.

All runs have the archives in which modules are sent, with their compiled code in them: Ansible
makes them anew in each run, and Python compiles what is in one each time, and both take longer than
most modules run. A Python of another version ignores the code, and takes the source beside it. What
Ansible compiles of templates and of this collection's plugins is kept too. And Ansible and its
workers end before there is much garbage, so none is collected.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import gc
import hashlib
import importlib.util
import io
import marshal
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.executor import module_common
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__
from ansible.utils.collection_loader import _collection_finder
from jinja2 import environment

DOCUMENTATION = r"""
name: quick
type: notification
short_description: Runs that use less of the processors
description: For tests, so that they take less time.
"""
UNCHECKED = (1).to_bytes(4, "little")  # as PEP 552 has it
ROOT = Path(__file__).resolve().parents[4]


def folder() -> Path:
    """Where the archives of modules as they are now are kept: another Ansible makes others."""
    files = sorted((ROOT / "plugins").rglob("*.py"))
    state = [(str(path), path.stat().st_mtime_ns) for path in [*files, Path(__file__)]]
    name = hashlib.sha256(repr((sys.executable, __version__, state)).encode()).hexdigest()[:16]
    return ROOT / "build" / "archives" / name


def with_code(archive: bytes) -> bytes:
    """The same archive with each source's code beside it, which is not compared with the source."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as given,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for item in given.infolist():
            source = given.read(item)
            out.writestr(item, source)
            if item.filename.endswith(".py"):
                code = compile(source, item.filename, "exec", dont_inherit=True)
                told = importlib.util.MAGIC_NUMBER + UNCHECKED + importlib.util.source_hash(source)
                out.writestr(f"{item.filename}c", told + marshal.dumps(code))
    return made.getvalue()


def remembering(kept: Path) -> Callable[..., Any]:
    """`compile` of the whole of a source, which is done once for all runs."""

    def compiled(source: Any, filename: str, mode: str, flags: int = 0, **_same: Any) -> Any:
        text = source if isinstance(source, bytes) else source.encode()
        told = repr((filename, mode, flags, hashlib.sha256(text).digest())).encode()
        place = kept / f"{hashlib.sha256(told).hexdigest()}.code"
        with contextlib.suppress(FileNotFoundError):
            return marshal.loads(place.read_bytes())
        code = compile(source, filename, mode, flags, dont_inherit=True)
        draft = place.with_suffix(f".{os.getpid()}")
        draft.write_bytes(marshal.dumps(code))
        draft.replace(place)
        return code

    return compiled


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "quick"

    def __init__(self) -> None:
        super().__init__()
        gc.freeze()
        gc.disable()
        kept = folder()
        kept.mkdir(parents=True, exist_ok=True)
        os.symlink(kept, os.path.join(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache"))
        for module in (_collection_finder, environment):
            vars(module)["compile"] = remembering(kept)
        cached: Any = vars(module_common)["_CachedModule"]
        dump = cached.dump

        def dump_with_code(module: Any, path: str) -> None:
            archive = base64.b64encode(with_code(base64.b64decode(module.zip_data)))
            dump(dataclasses.replace(module, zip_data=archive), path)

        cached.dump = dump_with_code
