from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from echo_server import EchoServer
from place import Place


@pytest.fixture
def echo_server() -> Iterator[EchoServer]:
    with EchoServer() as server:
        yield server


@pytest.fixture
def place(tmp_path: Path, echo_server: EchoServer) -> Place:
    """A private folder with settings for the server of this test."""
    folder = tmp_path / "place"
    folder.mkdir(mode=0o700)
    made = Place(folder, echo_server)
    made.settings()
    return made
