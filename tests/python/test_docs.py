"""What the documents show works: every Python block runs, every command exists with its options.

A block runs in a fresh interpreter in an empty folder: it starts and writes what it needs itself.
"""

import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "cpp/docs").glob("*.md")),
]
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SUBCOMMAND = re.compile(r"[a-z][a-z-]*")


class Block(NamedTuple):
    """A fenced block: `README.md:12`, its language, its text."""

    place: str
    language: str
    text: str


def blocks(*languages: str) -> list[Block]:
    """The fenced blocks of all documents in one of `languages`."""
    found = []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        for match in FENCE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(f"{path.name}:{line}", match[1], match[2]))
    return [block for block in found if block.language in languages]


def commands(block: Block) -> list[list[str]]:
    """The commands of a shell block; in a console block those after `$ `. Pipes are cut."""
    text = block.text.replace("\\\n", " ")
    lines = text.splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    parts = [part for line in lines for part in re.split(r"\s(?:\||&&|;)\s", line)]
    words = [shlex.split(part, comments=True) for part in parts]
    return [line for line in words if line]


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


COMMANDS = [
    pytest.param(line, id=f"{block.place} {' '.join(line)}")
    for block in blocks("bash", "sh", "console")
    for line in commands(block)
    if line[0] == "cxrelay" or line[0].startswith("scripts/")
]


def test_readme_shows_python_and_commands() -> None:
    shown = blocks("python", "bash", "console", "sh")
    languages = {block.language for block in shown if block.place.startswith("README")}
    assert "python" in languages
    assert languages - {"python"}


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.place)
def test_python_block_runs(block: Block, tmp_path: Path) -> None:
    script = tmp_path / "block.py"
    script.write_text(block.text, encoding="utf-8")
    done = run([sys.executable, "-W", "error", script.name], tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", COMMANDS)
def test_command_exists_with_its_options(line: list[str], tmp_path: Path) -> None:
    if line[0].startswith("scripts/"):
        assert (ROOT / line[0]).is_file()
        return
    subcommands = []
    for word in line[1:]:
        if not SUBCOMMAND.fullmatch(word):
            break
        subcommands.append(word)
    program = Path(sysconfig.get_path("scripts")) / "cxrelay"
    done = run([str(program), *subcommands, "--help"], tmp_path)
    assert done.returncode == 0, done.stderr
    options = {word.partition("=")[0] for word in line if word.startswith("--")}
    assert {option for option in options if not re.search(rf"{option}\b", done.stdout)} == set()
