"""Make the release notes of the version in galaxy.yml from changelogs/fragments: `make changelog`.

Once more for the same version, it brings date and plugins up to date. Internal plugins are left out
of the lists of new ones: nobody is to use them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from scripts import home

CHANGES = home.ROOT / "changelogs" / "changelog.yaml"
CACHE = home.ROOT / "changelogs" / ".plugin-cache.yaml"
INTERNAL = "[INTERNAL]"


def public(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The plugins of one kind, less the internal ones."""
    return [entry for entry in found if not entry["description"].startswith(INTERNAL)]


def leave_out_internal(changes: dict[str, Any]) -> None:
    """Change the content of changelog.yaml: no internal plugin in any release."""
    for release in changes["releases"].values():
        for kinds in (release, release.get("plugins", {}), release.get("objects", {})):
            for kind, found in kinds.items():
                if kind == "modules" or kinds is not release:
                    kinds[kind] = public(found)


def run(*arguments: str) -> None:
    tool = str(Path(sys.executable).parent / "antsibull-changelog")
    env = home.environment(home.ROOT / ".venv")
    if subprocess.run([tool, *arguments], cwd=home.ROOT, env=env, check=False).returncode:
        sys.exit(f"antsibull-changelog {arguments[0]} failed: its message is above.")


def main() -> None:
    # In .venv only; the tests import this file elsewhere too.
    from antsibull_fileutils.yaml import store_yaml_file

    home.prepare()
    run("release", "--reload-plugins", "--update-existing", "--refresh-plugins", "allow-removal")
    changes = yaml.safe_load(CHANGES.read_text(encoding="utf-8"))
    leave_out_internal(changes)
    store_yaml_file(str(CHANGES), changes, nice=True)
    run("generate")
    CACHE.unlink()


if __name__ == "__main__":
    main()
