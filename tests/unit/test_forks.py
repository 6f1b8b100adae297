"""What a server of Pythons runs is, to who asked for it, like what it has started itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration import ansible_imports, forks


class Asked:
    """Runs programs in a folder; `text` is what they have printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "output"

    def run(self, source: str, *arguments: str) -> forks.Forked:
        program = self.folder / "program"
        program.write_text(source, encoding="utf-8")
        program.chmod(0o755)
        command = [str(program), *arguments]
        environment = {"PATH": os.environ["PATH"], "WORD": "of the caller"}
        with Path(os.devnull).open("rb") as nothing, self.output.open("wb") as out:
            files = (nothing.fileno(), out.fileno(), out.fileno())
            return forks.Forked(forks.server(), command, self.folder, environment, files)

    @property
    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path)


def test_a_script_has_what_was_given_and_nothing_else(asked: Asked) -> None:
    script = (
        "#!/usr/bin/env python3\nimport os, sys\n"
        "print(sys.argv[1:], os.getcwd(), sorted(os.environ), sys.stdin.read() == '', 'ü')\n"
        "sys.exit(3)\n"
    )
    assert asked.run(script, "a", "b c").wait(20) == 3
    assert asked.text == f"['a', 'b c'] {asked.folder} ['PATH', 'WORD'] True ü\n"


def test_the_process_of_a_program_is_the_one_that_is_told(asked: Asked) -> None:
    forked = asked.run("#!/bin/sh\necho $$ $WORD\nexit 4\n")
    assert forked.wait(20) == 4
    assert asked.text == f"{forked.pid} of the caller\n"


def test_it_runs_until_it_is_ended(asked: Asked) -> None:
    forked = asked.run("import signal\nsignal.pause()\n")
    assert forked.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        forked.wait(0.05)
    os.kill(forked.pid, 0)
    forked.terminate()
    assert forked.wait(20) == -signal.SIGTERM
    assert forked.poll() == -signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(forked.pid, 0)


def test_what_its_threads_and_its_end_still_say_is_said(asked: Asked) -> None:
    script = (
        "import atexit, sys, threading\natexit.register(print, 'end')\n"
        "told = lambda: print(open(sys.argv[1]).readline().strip())\n"
        "threading.Thread(target=told).start()\n"
    )
    line = asked.folder / "line"
    os.mkfifo(line)
    with line.open("r+b", buffering=0) as writing:
        forked = asked.run(script, str(line))
        assert forked.poll() is None
        writing.write(b"thread\n")
        assert forked.wait(20) == 0
    assert asked.text == "thread\nend\n"


def test_ansible_reads_its_settings_in_each_run() -> None:
    """What is imported once must not have read them, or a run would have those of another."""
    read = {"ansible.constants", "ansible.config.manager"}
    script = f"import sys\nprint(sorted({read} & set(sys.modules)))\n"
    imported = "".join(f"import {name}\n" for name in ansible_imports.IMPORTED)
    told = subprocess.run(
        [sys.executable, "-c", imported + script], capture_output=True, text=True, check=True
    )
    assert told.stdout == "[]\n"


def test_a_server_is_asked_for_once_for_what_it_imports() -> None:
    first = forks.server()
    assert forks.server() is first
    assert forks.server("uuid") != first
