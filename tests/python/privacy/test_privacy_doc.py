"""What cpp/docs/privacy.md lists is what the engine does. Its Python is run by test_docs.py."""

from __future__ import annotations

import re
from pathlib import Path

from cxrelay import PrivacyPolicy, RelayConfig

PAGE = (Path(__file__).parents[3] / "cpp" / "docs" / "privacy.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_list_of_secret_names() -> None:
    (listed,) = blocks("text")
    assert sorted(listed.split()) == sorted(PrivacyPolicy.secret_names())


def test_the_settings(tmp_path: Path) -> None:
    for number, text in enumerate(blocks("toml")):
        for name in ("privacy.key", "fingerprint.key"):
            key = tmp_path / name
            key.write_text("0123456789abcdef\n")
            key.chmod(0o600)
        file = tmp_path / f"{number}.toml"
        file.write_text(text.replace("/safe/", f"{tmp_path}/"))
        assert RelayConfig.from_file(file, {}).privacy.load().version
    assert number == 1
