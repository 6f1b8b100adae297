#!/usr/bin/env python3
"""Build stemedb-node: the development cluster's node as one executable file."""

from __future__ import annotations

import argparse
import importlib.util
import marshal
import os
import re
import zipfile
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent / "stemedb_devnode"
DEFAULT_OUTPUT = PACKAGE.parents[2] / "build" / "stemedb-node"
MAIN = "import sys\n\nfrom stemedb_devnode.main import main\n\nsys.exit(main())\n"
UNCHECKED = (1).to_bytes(4, "little")  # as PEP 552 has it


def build(output: Path, version: str = "", compiled: bool = False) -> Path:
    """Write the zipapp. The bytes depend on the sources only, so its checksum can be pinned.

    :param version: what it calls itself instead, for upgrades.
    :param compiled: has also what this Python makes of the sources, so that a start takes less of
        the processor. Another Python takes the sources.
    """
    files = {"__main__.py": MAIN.encode()}
    for source in sorted(PACKAGE.glob("*.py")):
        files[f"{PACKAGE.name}/{source.name}"] = source.read_bytes()
    if version:
        name = f"{PACKAGE.name}/__init__.py"
        files[name] = re.sub(rb'VERSION = ".*"', f'VERSION = "{version}"'.encode(), files[name])
    if compiled:
        files |= {f"{name}c": _code(name, source) for name, source in files.items()}
    output.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and renamed: a running node keeps reading the file that it was started from.
    draft = output.with_name(f".{output.name}.{os.getpid()}")
    with draft.open("wb") as stream:
        stream.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    draft.chmod(0o755)
    draft.replace(output)
    return output


def _code(name: str, source: bytes) -> bytes:
    code = compile(source, name, "exec", dont_inherit=True)
    told = importlib.util.MAGIC_NUMBER + UNCHECKED + importlib.util.source_hash(source)
    return told + marshal.dumps(code)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, nargs="?", default=DEFAULT_OUTPUT)
    parser.add_argument("version", nargs="?", default="", help="what it calls itself instead")
    parser.add_argument("--compiled", action="store_true", help="so that it starts sooner")
    print(build(**vars(parser.parse_args())))
