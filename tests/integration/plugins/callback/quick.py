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
from ansible._internal._templating import _jinja_bits
from ansible.executor import module_common
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__
from ansible.utils.collection_loader import _collection_finder

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


class Kept:
    """Code that was made once, for all runs."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def code(self, text: bytes, told: object, make: Callable[[], Any]) -> Any:
        """What `make` gives, of this text; `told` is what it depends on beside the text."""
        name = hashlib.sha256(repr(told).encode() + b"\0" + text).hexdigest()
        path = f"{self._place}/{name}.code"
        with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
            return marshal.loads(file.read())
        code = make()
        draft = f"{path}.{os.getpid()}"
        with open(draft, "wb") as file:
            file.write(marshal.dumps(code))
        os.replace(draft, path)
        return code

    def compile(self, source: Any, filename: str, mode: str, flags: int = 0, **_same: Any) -> Any:
        """As the built-in function does, of the whole of a source."""
        text = source if isinstance(source, bytes) else source.encode()
        return self.code(
            text,
            (filename, mode, flags),
            lambda: compile(source, filename, mode, flags, dont_inherit=True),
        )

    def compile_template(self, given: Callable[..., Any]) -> Callable[..., Any]:
        """As Ansible's environment does; an expression, which comes as nodes, is not kept."""

        def compiled(environment: Any, source: Any, *rest: Any, **others: Any) -> Any:
            if not isinstance(source, str):
                return given(environment, source, *rest, **others)
            context = _jinja_bits._TemplateCompileContext.current(optional=True)
            told = (
                rest,
                others,
                bool(context and context.escape_backslashes),
                _jinja_bits._TemplateConfig.allow_embedded_templates,
                [getattr(environment, name) for name in _jinja_bits._TEMPLATE_OVERRIDE_FIELD_NAMES],
            )
            return self.code(
                source.encode(), told, lambda: given(environment, source, *rest, **others)
            )

        return compiled


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "quick"

    def __init__(self) -> None:
        super().__init__()
        gc.freeze()
        gc.disable()
        constants.DEFAULT_INTERNAL_POLL_INTERVAL = 0.01  # a thousand looks a second are the default
        kept = folder()
        kept.mkdir(parents=True, exist_ok=True)
        os.symlink(kept, os.path.join(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache"))
        code = Kept(kept)
        vars(_collection_finder)["compile"] = code.compile
        templates = _jinja_bits.AnsibleEnvironment
        templates.compile = code.compile_template(templates.compile)
        cached: Any = vars(module_common)["_CachedModule"]
        dump = cached.dump

        def dump_with_code(module: Any, path: str) -> None:
            archive = base64.b64encode(with_code(base64.b64decode(module.zip_data)))
            dump(dataclasses.replace(module, zip_data=archive), path)

        cached.dump = dump_with_code
