#!/usr/bin/env python3
"""Build stemedb-node: the development cluster's node as one executable file."""

from __future__ import annotations

import os
import re
import sys
import zipfile
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent / "stemedb_devnode"
DEFAULT_OUTPUT = PACKAGE.parents[2] / "build" / "stemedb-node"
MAIN = "import sys\n\nfrom stemedb_devnode.main import main\n\nsys.exit(main())\n"


def build(output: Path, version: str = "") -> Path:
    """Write the zipapp. The bytes depend on the sources only, so its checksum can be pinned.

    :param version: what it calls itself instead, for upgrades.
    """
    files = {"__main__.py": MAIN.encode()}
    for source in sorted(PACKAGE.glob("*.py")):
        files[f"{PACKAGE.name}/{source.name}"] = source.read_bytes()
    if version:
        name = f"{PACKAGE.name}/__init__.py"
        files[name] = re.sub(rb'VERSION = ".*"', f'VERSION = "{version}"'.encode(), files[name])
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


if __name__ == "__main__":
    print(build(*([Path(sys.argv[1]), *sys.argv[2:3]] if len(sys.argv) > 1 else [DEFAULT_OUTPUT])))
