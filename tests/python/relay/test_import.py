"""Importing the package is cheap and has no effect."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

import cxrelay

HEAVY = {
    "argparse",
    "asyncio",
    "concurrent.futures",
    "dataclasses",
    "http",
    "httpx",
    "inspect",
    "multiprocessing",
    "pydantic",
    "socket",
    "sqlite3",
    "ssl",
    "tomllib",
}


def in_fresh_python(code: str) -> object:
    # -S: what site-packages' own .pth files import is not ours to answer for.
    setup = f"import sys; sys.path[:] = {sys.path!r}\n"
    done = subprocess.run(
        [sys.executable, "-S", "-c", setup + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_loads_nothing_heavy_and_none_of_its_own_parts() -> None:
    loaded = in_fresh_python(
        """
        import sys
        before = set(sys.modules)
        import cxrelay
        import json
        print(json.dumps(sorted(set(sys.modules) - before)))
        """
    )
    assert isinstance(loaded, list)
    assert HEAVY.isdisjoint(loaded)
    assert "cxrelay.simulator" not in loaded
    assert "cxrelay.relay" not in loaded


def test_using_a_relay_needs_no_asyncio_and_no_sqlite3() -> None:
    loaded = in_fresh_python(
        """
        import sys, json, cxrelay
        cxrelay.Relay, cxrelay.InteractionEvent, cxrelay.Mapping
        print(json.dumps(sorted(sys.modules)))
        """
    )
    assert isinstance(loaded, list)
    assert {"asyncio", "sqlite3", "pydantic", "httpx", "argparse"}.isdisjoint(loaded)


def test_it_starts_no_thread() -> None:
    threads = in_fresh_python(
        """
        import cxrelay, json, os
        print(json.dumps(len(os.listdir("/proc/self/task"))))
        """
    )
    assert threads == 1


@pytest.mark.slow
def test_it_is_quick() -> None:
    # Processor time, and with room: the benchmarks hold it to 15 ms on a machine of their own.
    times = in_fresh_python(
        """
        import json, subprocess, sys, time
        code = f"import sys, time; sys.path[:] = {sys.path!r}; b = time.process_time();"
        code += "import cxrelay; print(time.process_time() - b)"
        runs = [subprocess.check_output([sys.executable, "-S", "-c", code]) for _ in range(9)]
        print(json.dumps([float(run) for run in runs]))
        """
    )
    assert isinstance(times, list)
    assert min(times) <= 0.05


def test_all_is_sorted_complete_and_there() -> None:
    names = [name for name in cxrelay.__all__ if name != "__version__"]
    assert cxrelay.__all__ == sorted(cxrelay.__all__)
    assert sorted(cxrelay._MODULE_OF) == names
    for name in names:
        assert getattr(cxrelay, name).__name__ == name
    assert set(cxrelay.__all__) <= set(dir(cxrelay))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        cxrelay.Nothing  # noqa: B018


def test_a_missing_compiled_part_is_explained() -> None:
    message = in_fresh_python(
        """
        import json, sys
        sys.modules["cxrelay._core"] = None
        try:
            import cxrelay
        except ImportError as error:
            print(json.dumps(str(error)))
        """
    )
    assert isinstance(message, str)
    assert "compiled part of cxrelay cannot be loaded" in message
    assert "scripts/setup" in message
