"""What every Python test relies on."""

import signal

import pytest

# Programs started by a test inherit an ignored SIGINT, as a shell gives it to background jobs: then
# Ctrl-C would not reach them. A handler, unlike "ignored", falls back to the default in a new program.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    from cxrelay.config import ENVIRONMENT

    for variable in ENVIRONMENT:
        monkeypatch.delenv(variable, raising=False)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--canary", action="store_true", help="after each test, search for the secrets that it used"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--canary"):
        from support.canary_search import CanarySearch

        plugin = CanarySearch()
        config.pluginmanager.register(plugin)
