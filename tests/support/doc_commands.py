"""The commands of the documents, and what is wrong with one, as far as reading tells.

    for command in commands():
        assert problem(command) is None

A command stands after a prompt in a block of a page or of a README, or is a line of a block of
shell. What is not a command known here is a problem: nobody would notice that it is wrong.
"""

from __future__ import annotations

import functools
import json
import re
import shlex
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import yaml
from ansible.cli.adhoc import AdHocCLI
from ansible.cli.galaxy import GalaxyCLI
from ansible.cli.inventory import InventoryCLI
from ansible.cli.playbook import PlaybookCLI
from ansible.cli.vault import VaultCLI
from ansible_collections.stemedb.cluster.plugins.plugin_utils import _invocation

ROOT = Path(__file__).resolve().parents[2]
OURS = "stemedb.cluster."
RST_BLOCK = re.compile(r"^(?P<indent> *)\.\. code-block:: (?P<kind>console|text|shell|bash)$")
MD_BLOCK = re.compile(r"^(?P<indent> *)```(?P<kind>console|sh|shell|bash)$")
PROMPTS = ("$ ", "# ")
SHELLS = ("shell", "sh", "bash")
# What a shell does by itself, and tools that are not ours. Their arguments are not read.
SHELL = {".", "cat", "cd", "cp", "export", "getfattr", "git", "kill", "setfattr"}
SHELL |= {"ara", "journalctl", "pip"}
CLIS: dict[str, Any] = {
    "ansible": AdHocCLI,
    "ansible-galaxy": GalaxyCLI,
    "ansible-inventory": InventoryCLI,
    "ansible-playbook": PlaybookCLI,
    "ansible-vault": VaultCLI,
}
# Where only the checkout's own configuration finds modules by their short names.
IN_CHECKOUT = ("tour.rst",)


@dataclass(frozen=True)
class Command:
    """One command: without its prompt, its comment, and what follows or precedes it in its line."""

    page: str  # relative to the checkout
    line: int
    text: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text, comments=True)

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.text}"


def pages() -> list[Path]:
    found = [ROOT / "README.md", *ROOT.glob("docs/docsite/rst/*.rst")]
    return sorted([*found, *ROOT.glob("roles/*/README.md")])


def commands() -> list[Command]:
    return [
        Command(str(path.relative_to(ROOT)), line, part)
        for path in pages()
        for line, text in lines(path.read_text(encoding="utf-8"), path.suffix)
        for part in parts(text)
    ]


def parts(text: str) -> Iterator[str]:
    """The commands of a line; a comment has none. `;` and `&&` inside quotes divide nothing."""
    lexer = shlex.shlex(text, posix=False, punctuation_chars=";&")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    part: list[str] = []
    for word in [*lexer, ";"]:
        if set(word) <= {";", "&"}:
            if part:
                yield " ".join(part)
            part = []
        else:
            part.append(word)


def lines(text: str, suffix: str) -> Iterator[tuple[int, str]]:
    """The lines of blocks that are commands, those that continue joined, with their numbers."""
    opening = RST_BLOCK if suffix == ".rst" else MD_BLOCK
    block: re.Match[str] | None = None
    joined = ""
    for number, line in enumerate(text.splitlines(), 1):
        if block and _ends(block, line, suffix):
            block = None
        if block is None:
            block = opening.match(line)
            continue
        bare = line.strip()
        if joined:
            joined += bare
        elif block["kind"] in SHELLS:
            joined = "" if bare.startswith("#") else bare
        elif bare.startswith(PROMPTS):
            joined = bare[2:]
        if joined.endswith("\\"):
            joined = joined[:-1]
        elif joined:
            yield number, joined
            joined = ""


def _ends(block: re.Match[str], line: str, suffix: str) -> bool:
    if suffix != ".rst":
        return line.strip() == "```"
    return bool(line.strip()) and not line.startswith(block["indent"] + " ")


def problem(command: Command) -> str | None:
    """A sentence, or None where nothing is wrong."""
    words = command.words
    while words and re.fullmatch(r"[A-Za-z_]\w*=.*", words[0], re.DOTALL):
        words = words[1:]  # a variable, alone or for the command after it
    if not words or words[0] in SHELL:
        return None
    program, arguments = words[0], words[1:]
    if program in CLIS:
        return _of_ansible(program, arguments, Path(command.page).name)
    if program == "make":
        return _of_make(arguments)
    if program.endswith("python"):
        return _of_python(arguments)
    if program == "ansible-rulebook":
        return _of_rulebook(arguments)
    return f"{program} is no command that is known here"


def parsed(program: str, arguments: list[str]) -> Any:
    """The arguments, as Ansible reads them; ValueError if it does not."""
    cli = CLIS[program]([program, *arguments])
    cli.init_parser()
    parser: ArgumentParser = cli.parser
    said = StringIO()
    try:
        with redirect_stderr(said):
            return parser.parse_args(arguments)
    except SystemExit:
        raise ValueError(said.getvalue().strip().splitlines()[-1]) from None


def _of_ansible(program: str, arguments: list[str], page: str) -> str | None:
    try:
        options = parsed(program, arguments)
        for text in getattr(options, "extra_vars", None) or []:
            _check_variables(extra_variables(text))
        if program == "ansible-playbook":
            _check_playbook(options)
        if program == "ansible":
            _check_module(options, page)
    except ValueError as error:
        return str(error)
    return None


def _check_playbook(options: Any) -> None:
    for name in options.args:
        short = name.removeprefix(OURS)
        if not name.startswith(OURS) or short not in playbooks():
            raise ValueError(f"{name} is no playbook of this collection")
        named = "stemedb_gateway_url" in str(options.extra_vars)
        if not options.inventory and not named:
            raise ValueError("neither an inventory nor a gateway is named")


def playbooks() -> set[str]:
    found = ROOT.glob("playbooks/*.yml")
    return {path.stem for path in found if "[INTERNAL]" not in path.read_text(encoding="utf-8")}


def extra_variables(text: str) -> dict[str, str]:
    if text.startswith("{"):
        return dict(json.loads(text))
    if text.startswith("@"):
        return {}
    pairs = [word.partition("=") for word in shlex.split(text)]
    bare = [name for name, sign, _value in pairs if not sign]
    if bare:
        raise ValueError(f"-e {text}: {bare[0]} has no value")
    return {name: value for name, _sign, value in pairs}


def _check_variables(given: dict[str, str]) -> None:
    for name, value in given.items():
        if name.startswith("ansible_"):
            continue
        if name not in variables() and name not in _invocation._KNOWN:
            raise ValueError(f"{name} is no variable of a role")
        choices = variables().get(name, {}).get("choices")
        if choices and value not in choices:
            raise ValueError(f"{name} is one of {', '.join(choices)}, not {value}")


@functools.cache
def variables() -> dict[str, dict[str, Any]]:
    """The options of all entry points of all roles."""
    found: dict[str, dict[str, Any]] = {}
    for path in ROOT.glob("roles/*/meta/argument_specs.yml"):
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        for entry in entries.values():
            found.update(entry.get("options") or {})
    return found


def _check_module(options: Any, page: str) -> None:
    name = options.module_name
    ours = name.removeprefix(OURS)
    if ours not in modules():
        known = name.removeprefix("ansible.builtin.") in ("copy", "debug", "ping")
        if not known:
            raise ValueError(f"{name} is no module that is known here")
        return
    if name == ours and page not in IN_CHECKOUT:
        raise ValueError(f"{name} is not found outside of the checkout: write {OURS}{name}")
    for option in module_arguments(options.module_args or ""):
        if option not in modules()[ours]:
            raise ValueError(f"{ours} has no option {option}")


def module_arguments(text: str) -> list[str]:
    if text.startswith("{"):
        return list(json.loads(text))
    return [word.partition("=")[0] for word in shlex.split(text)]


@functools.cache
def modules() -> dict[str, set[str]]:
    """The options of each module, by its short name, as ansible-doc knows them."""
    names = [path.stem for path in ROOT.glob("plugins/modules/*.py") if path.stem != "__init__"]
    command = [Path(sys.executable).parent / "ansible-doc", "--json", "-t", "module"]
    done = subprocess.run(
        [*map(str, command), *(OURS + name for name in names)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        name.removeprefix(OURS): set(found["doc"]["options"])
        for name, found in json.loads(done.stdout).items()
    }


def _of_make(arguments: list[str]) -> str | None:
    targets = [word for word in arguments if "=" not in word]
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = {
        name for line in re.findall(r"^([a-z][a-z0-9 -]*):", text, re.M) for name in line.split()
    }
    unknown = [word for word in targets if word not in known]
    return f"make has no target {unknown[0]}" if unknown else None


def _of_python(arguments: list[str]) -> str | None:
    """A module or a script of the checkout, or pip or pytest."""
    first = arguments[0] if arguments else ""
    if first == "-m":
        module = arguments[1]
        place = ROOT / module.replace(".", "/")
        known = module in ("pip", "pytest") or place.with_suffix(".py").is_file()
        if not (known or (place / "__main__.py").is_file()):
            return f"there is no Python module {module}"
    elif not (ROOT / first).is_file():
        return f"there is no file {first}"
    missing = [word for word in arguments if word.startswith("tests/") and word.endswith(".py")]
    gone = [word for word in missing if not (ROOT / word).exists()]
    return f"there is no file {gone[0]}" if gone else None


def _of_rulebook(arguments: list[str]) -> str | None:
    named = arguments[arguments.index("-r") + 1] if "-r" in arguments else ""
    path = ROOT / "extensions/eda/rulebooks" / f"{named.removeprefix(OURS)}.yml"
    return None if path.is_file() else f"there is no rulebook {named}"
