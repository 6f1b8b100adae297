"""The environment that stages run in: a home inside the checkout, nobody's personal settings."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "build" / "home"
# ansible-test wants to download a bootstrap for pip, for each of a dozen environments; here is one.
GET_PIP = """
import os, sysconfig

os.symlink({pip!r}, os.path.join(sysconfig.get_path("purelib"), "pip"))
"""
GET_PIP_NAMES = ("get_pip_24_2.py", "get_pip_25_2.py")  # as core 2.19 and 2.21 look for them
PERSONAL = ("ANSIBLE_", "STEMEDB_", "XDG_")


def pip_settings() -> str:
    """The user's pip settings, environment included: ansible-test passes no variables on."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    settings = {"quiet": "2"}  # errors only
    for line in listing.splitlines():
        key, value = line.split("=", 1)
        if key.startswith(("global.", ":env:.")):
            settings[key.rpartition(".")[2]] = " ".join(ast.literal_eval(value).split())
    return "".join(f"{key} = {value}\n" for key, value in sorted(settings.items()))


def prepare(folder: Path = HOME) -> None:
    """Have what ansible-test and pip look for in a home."""
    cache = folder / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    pip = importlib.util.find_spec("pip")
    assert pip is not None, "make_venv.py installs it"
    text = GET_PIP.format(pip=str(Path(str(pip.origin)).parent))
    for name in GET_PIP_NAMES:
        (cache / name).write_text(text, encoding="utf-8")
    pip_conf = folder / ".config" / "pip" / "pip.conf"
    pip_conf.parent.mkdir(parents=True, exist_ok=True)
    pip_conf.touch(mode=0o600)  # an index URL may carry a password
    pip_conf.write_text(f"[global]\n{pip_settings()}", encoding="utf-8")


def environment(venv: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(PERSONAL)}
    return {
        **kept,
        "HOME": str(HOME),
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "VIRTUAL_ENV": str(venv),
        "LC_ALL": "C.UTF-8",
    }
