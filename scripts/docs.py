"""The documentation site, in build/docs/html: python -m scripts.docs, with .venv-docs.

antsibull-docs writes the pages of modules, plugins and roles beside the guides, and Sphinx makes
HTML of all. A warning of either is an error. No network is used.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from scripts import home, in_copy

ROOT = home.ROOT
SITE = ROOT / "scripts" / "site"
BUILD = ROOT / "build" / "docs"
LINKS = ".. ansible-links::"
# The variables that gateway.rst describes, where a role has their usual default.
GATEWAY: dict[str, Any] = {
    "stemedb_gateway_url": ["http://gateway:18181"],
    "stemedb_api_key": "",
    "stemedb_validate_certs": True,
    "stemedb_ca_path": "",
    "stemedb_client_cert": "",
    "stemedb_client_key": "",
    "stemedb_endpoints": {},
    "stemedb_control_host": "localhost",
}
SEE_GATEWAY = (
    "Also takes the variables of R(the gateway,"
    "ansible_collections.stemedb.cluster.docsite.gateway.variables)."
)
ENTRY = re.compile(r"\* :ansplugin:`(?P<name>\w+) (?P<kind>\w+) <.*`(?P<text> -- \[INTERNAL\] .*)")
INTERNAL = """:orphan:

Internal plugins
================

The roles call these. They may change in any release, so do not use them in playbooks of your own.

{lines}

.. toctree::
    :maxdepth: 1
    :hidden:

{pages}
"""


def with_options_once(text: str) -> str:
    """The specification of a role without what its page would repeat.

    The variables of the gateway are on a page of their own, and an entry point that has the
    options of `main` refers to them.
    """
    spec = yaml.safe_load(re.sub(rf"\bO\(({'|'.join(GATEWAY)})\b", r"C(\1", text))
    entries = spec["argument_specs"]
    main = entries.get("main", {}).get("options")
    for name, entry in entries.items():
        options = entry.get("options") or {}
        left = {key: one for key, one in options.items() if not of_the_gateway(key, one)}
        if name != "main" and main and options == main:
            left = {}
            entry["description"] = [*entry["description"], "Its options are those of C(main)."]
        elif len(left) < len(options):
            entry["description"] = [*entry["description"], SEE_GATEWAY]
        entry["options"] = left
    return yaml.safe_dump(spec, sort_keys=False)


def of_the_gateway(name: str, option: dict[str, Any]) -> bool:
    return name in GATEWAY and option["default"] == GATEWAY[name]


def divided(index: str) -> tuple[str, str]:
    """The index without its internal plugins, and the page that lists these."""
    entries = [found for line in index.splitlines() if (found := ENTRY.fullmatch(line))]
    pages = [f"    {found['name']}_{found['kind']}" for found in entries]
    gone = {found[0] for found in entries} | set(pages)
    kept = "\n".join(line for line in index.splitlines() if line not in gone)
    lines = "\n".join(found[0].replace("[INTERNAL] ", "") for found in entries)
    return kept + "\n", INTERNAL.format(lines=lines, pages="\n".join(pages))


def with_landing(index: str, landing: str) -> str:
    """The index with our own words in place of what galaxy.yml says."""
    return landing + index[index.index(LINKS) :]


def write_pages(folder: Path) -> None:
    """Finish what antsibull-docs wrote."""
    index = folder / "index.rst"
    kept, internal = divided(index.read_text(encoding="utf-8"))
    landing = (SITE / "landing.rst").read_text(encoding="utf-8")
    index.write_text(with_landing(kept, landing), encoding="utf-8")
    (folder / "internal.rst").write_text(internal, encoding="utf-8")


def generate(rst: Path) -> None:
    """Write the pages of the collection, of a copy that has each option of a role once."""
    command = "antsibull-docs collection --use-current --squash-hierarchy --fail-on-error"
    with in_copy.copied() as copy:
        for path in copy.glob("roles/*/meta/argument_specs.yml"):
            shorter = with_options_once(path.read_text(encoding="utf-8"))
            path.write_text(shorter, encoding="utf-8")
        where = {"ANSIBLE_COLLECTIONS_PATH": str(copy.parents[2])}
        run([*command.split(), "--dest-dir", str(rst), "stemedb.cluster"], where)
    write_pages(rst)


def run(command: list[str], more: dict[str, str]) -> None:
    env = home.environment(ROOT / ".venv-docs")
    done = subprocess.run(command, env={**env, **more}, cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"FAILED: {command[0]}; what it found is above.")


def main() -> None:
    shutil.rmtree(BUILD, ignore_errors=True)
    rst, html = BUILD / "rst", BUILD / "html"
    rst.mkdir(parents=True, mode=0o700)
    generate(rst)
    sphinx = f"sphinx-build -q -W --keep-going -j 2 -d {BUILD}/doctrees -c {SITE}"
    run([*sphinx.split(), str(rst), str(html)], {})
    print(f"The site is in {(html / 'index.html').relative_to(ROOT)}")


if __name__ == "__main__":
    main()
