"""`find_package(cxrelay)` works for a C++ program, and the prefix names no path of this tree."""

import shutil
import subprocess
from pathlib import Path

import pytest

import cxrelay

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/dev"


def run(*command: str | Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (BUILD / "cpp/libcxrelay.a").exists():
        pytest.skip("the dev preset is not built: cmake --preset dev && cmake --build --preset dev")
    path = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", BUILD, "--component", "cxrelay_dev", "--prefix", path)
    return path


def test_package_holds_headers_library_and_config_only(prefix: Path) -> None:
    suffixes = {path.suffix for path in prefix.rglob("*") if path.is_file()}
    assert suffixes == {".hpp", ".a", ".cmake"}
    assert (prefix / "include/cxrelay/event.hpp").is_file()


def test_package_names_nothing_of_the_source_tree(prefix: Path) -> None:
    for path in prefix.rglob("*.cmake"):
        text = path.read_text()
        assert str(ROOT) not in text
        assert "cxrelay_options" not in text


def test_consumer_builds_and_runs(prefix: Path, tmp_path: Path) -> None:
    source = shutil.copytree(ROOT / "tests/install", tmp_path / "source")
    build = tmp_path / "build"
    run("cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", build)
    version, key, payload = run(build / "consumer").split(maxsplit=2)
    assert version == cxrelay.__version__
    assert key == "i-1_2024-05-15T10:30:00+00:00"
    assert "crm-7" in payload
