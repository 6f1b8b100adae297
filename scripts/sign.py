"""Sign a tarball for `ansible-galaxy collection verify --signature`: sign.py TARBALL [KEY].

What is signed is its manifest, which has the checksums of all else. KEY is the owner or the
fingerprint of a key of gpg; without it gpg takes its default. The signature is put beside the
tarball.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path


def sign(tarball: Path, signature: Path, *options: str) -> None:
    """Write the signature, by the key that the options of gpg name."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(tarball) as archive:
        content = archive.extractfile("MANIFEST.json")
        if content is None:
            sys.exit(f"{tarball.name} is not signed: its MANIFEST.json is no file.")
        manifest = Path(folder, "MANIFEST.json")
        manifest.write_bytes(content.read())
        output = ["--yes", "--armor", "--output", str(signature), "--detach-sign", str(manifest)]
        done = subprocess.run(["gpg", "--batch", *options, *output], check=False)
    if done.returncode:
        sys.exit(f"{tarball.name} is not signed: gpg failed, its message is above.")


def main() -> None:
    tarball, *key = sys.argv[1:]
    options = ["--local-user", *key] if key else []
    sign(Path(tarball), Path(f"{tarball}.asc"), *options)


if __name__ == "__main__":
    main()
