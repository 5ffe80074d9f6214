"""relay.toml and the environment: what they give, and what they refuse, by name."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from pathlib import Path

import pytest

from cxrelay import AuthConfig, ConfigError, MappingError, RelayConfig, RetryConfig, Secret

SECRET = "hunter2-do-not-show"


def read(tmp_path: Path, text: str, **environ: str) -> RelayConfig:
    file = tmp_path / "relay.toml"
    file.write_text(text)
    return RelayConfig.from_file(file, environ)


def refusal(tmp_path: Path, text: str, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text, **environ)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    config = read(tmp_path, "")
    assert config == RelayConfig()
    assert config.retry.max_attempts == 12
    assert config.audit.path == "audit_transformations.log"
    assert config.base_url == ""


def test_no_secret_and_no_region_has_a_default() -> None:
    missing = RelayConfig.from_env({}).missing_for_delivery()
    assert [
        part for line in missing for part in ("SECRET", "CLIENT_ID", "REGION") if part in line
    ] == [
        "REGION",
        "CLIENT_ID",
        "SECRET",
    ]


def test_every_table_is_read(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
        [queue]
        path = "q.db"
        [target]
        region = "na1"
        max_updates = 10
        idempotent = false
        read_back = true
        max_requests_per_s = 2.5
        [auth]
        client_id = "me"
        client_authentication = "basic"
        [retry]
        max_attempts = 3
        [limits]
        max_depth = 8
        [audit]
        path = ""
        [mapping]
        rules = { queue_name = "attributes.routingQueue" }
        """,
    )
    assert config.queue.path == str(tmp_path / "q.db")
    assert config.base_url == "https://na1.nice.incontact.com"
    assert config.token_url == "https://na1.nice.incontact.com/oauth2/token"
    assert config.userinfo_url == "https://na1.nice.incontact.com/api/v2/oauth2/userinfo"
    assert config.target.max_updates == 10
    assert config.target.idempotent is False
    assert (config.target.read_back, config.target.read_back_late_ms) == (True, 60_000)
    assert config.target.max_requests_per_s == 2.5
    assert config.auth.client_authentication == "basic"
    assert config.retry == RetryConfig(max_attempts=3)
    assert config.limits.max_depth == 8
    assert config.audit.path == ""
    assert config.mapping.load().version


@pytest.mark.parametrize(
    ("output", "found"), [("-", "-"), ("syslog", "syslog"), ("c.jsonl", None), ("", "")]
)
def test_where_checkpoints_go(output: str, found: str | None, tmp_path: Path) -> None:
    config = read(
        tmp_path,
        f"""
        [audit]
        checkpoint_key = "key.pem"
        checkpoint_output = "{output}"
        checkpoint_records = 500
        checkpoint_minutes = 5
        compress = true
        export_interval_ms = 0
        """,
    )
    assert (config.audit.compress, config.audit.export_interval_ms) == (True, 0)
    assert config.audit.checkpoint_key == str(tmp_path / "key.pem")
    assert config.audit.checkpoint_output == (str(tmp_path / output) if found is None else found)
    assert (config.audit.checkpoint_records, config.audit.checkpoint_minutes) == (500, 5)


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        '[queue]\npath = "file.db"\n[target]\nregion = "na1"\n[auth]\nclient_id = "file"\n',
        CXRELAY_DB="env.db",
        CXONE_REGION="euc1",
        CXONE_CLIENT_ID="env",
        CXONE_CLIENT_SECRET=SECRET,
        CXONE_TOKEN_URL="https://login.example.com/token",
    )
    assert config.queue.path == "env.db"
    assert config.base_url == "https://euc1.nice.incontact.com"
    assert config.auth.client_id == "env"
    assert config.auth.reveal_secret() == SECRET
    assert config.token_url == "https://login.example.com/token"


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    config = read(tmp_path, '[auth]\nclient_id = "file"\n', CXONE_CLIENT_ID="")
    assert config.auth.client_id == "file"


def test_a_base_url_wins_over_a_region(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        '[target]\nbase_url = "https://proxy.example.com/"\n',
        CXONE_REGION="euc1",
    )
    assert config.base_url == "https://proxy.example.com"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[queeu]\n", ["unknown table 'queeu'", "'queue'"]),
        ("[target]\nregoin = 'euc1'\n", ["unknown key 'regoin' in [target]", "'region'"]),
        ("[retry]\nzzz = 1\n", ["unknown key 'zzz'", "max_attempts"]),
        ("retry = 1\n", ["[retry] must be a table", "a whole number"]),
        ("[retry]\nmax_attempts = 0\n", ["[retry] max_attempts", "from 1 to 1000"]),
        ("[retry]\nmax_attempts = '3'\n", ["[retry] max_attempts", "a whole number from"]),
        ("[retry]\nmax_attempts = true\n", ["max_attempts", "not true or false"]),
        ("[retry]\nbase_ms = 1.5\n", ["base_ms must be milliseconds from", "not a decimal number"]),
        ("[target]\nidempotent = 1\n", ["idempotent must be true or false"]),
        ("[target]\nmax_requests_per_s = -1\n", ["requests a second from 0 to 1e+06"]),
        ("[target]\nmax_requests_per_s = true\n", ["requests a second from 0 to 1e+06"]),
        ("[retry]\nbreaker_wait_ms = 9\nbreaker_max_wait_ms = 8\n", ["at least breaker_wait_ms"]),
        ("[retry]\nretry_cost = 0\n", ["retry_cost must be a whole number from 1 to 1000"]),
        ("[target]\nregion = 'EU central'\n", ["region", "a-z"]),
        ("[target]\nbase_url = 'http://example.com'\n", ["base_url must be an https URL"]),
        ("[target]\nbase_url = 'https://me:pw@example.com'\n", ["base_url must be an https URL"]),
        ("[auth]\nclient_authentication = 'form'\n", ['"body" or "basic"']),
        ('[auth]\nclient_id = "a\\nb"\n', ["client_id must be a text"]),
        ("[mapping]\nfile = 'a.json'\nrules = {}\n", ["exclude each other"]),
        ("[mapping]\nrules = 1\n", ["a list of rules"]),
        ("[queue\n", ["relay.toml is not valid TOML"]),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, text: str, parts: list[str]) -> None:
    message = refusal(tmp_path, text)
    assert message.startswith(str(tmp_path / "relay.toml"))
    for part in parts:
        assert part in message


def test_a_wrong_variable_is_refused_by_name(tmp_path: Path) -> None:
    assert refusal(tmp_path, "", CXONE_REGION="EU!").startswith("CXONE_REGION must be")
    assert refusal(tmp_path, "", CXONE_BASE_URL="ftp://x").startswith("CXONE_BASE_URL must be")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml cannot be read: No such file"):
        RelayConfig.from_file(tmp_path / "nowhere.toml", {})


def test_values_given_in_code_are_checked_too() -> None:
    with pytest.raises(ConfigError, match=r"\[retry\] max_attempts must be a whole number"):
        RetryConfig(max_attempts=-1)


class TestSecret:
    def test_it_is_refused_in_the_file_itself(self, tmp_path: Path) -> None:
        message = refusal(tmp_path, f"[auth]\nclient_secret = '{SECRET}'\n")
        assert "CXONE_CLIENT_SECRET" in message
        assert "client_secret_file" in message
        assert SECRET not in message

    @pytest.mark.parametrize("line", ["client_secert = '{}'", "client_id = ['{}']"])
    def test_a_message_about_a_wrong_line_does_not_hold_it(self, tmp_path: Path, line: str) -> None:
        assert SECRET not in refusal(tmp_path, "[auth]\n" + line.format(SECRET))

    def test_it_comes_from_a_file_that_is_read_when_needed(self, tmp_path: Path) -> None:
        config = read(tmp_path, "[auth]\nclient_secret_file = 'secret.txt'\n")
        with pytest.raises(ConfigError, match=r"secret\.txt cannot be read"):
            config.auth.reveal_secret()
        (tmp_path / "secret.txt").write_text(SECRET + "\n")
        assert config.auth.reveal_secret() == SECRET
        assert config.missing_for_delivery() != []
        assert not any("secret" in line for line in config.missing_for_delivery())

    def test_the_environment_wins_over_its_file(self, tmp_path: Path) -> None:
        config = read(tmp_path, "[auth]\nclient_secret_file = 'none'\n", CXONE_CLIENT_SECRET=SECRET)
        assert config.auth.reveal_secret() == SECRET

    @pytest.mark.parametrize("content", [b"", b"\n", b"one\ntwo\n", b"\xff\xfe", b"x" * 70_000])
    def test_its_file_holds_one_line(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "secret.txt").write_bytes(content)
        config = read(tmp_path, "[auth]\nclient_secret_file = 'secret.txt'\n")
        with pytest.raises(ConfigError, match=r"client secret file .*secret\.txt"):
            config.auth.reveal_secret()

    def test_it_comes_from_a_function(self) -> None:
        assert AuthConfig(client_secret=lambda: SECRET).reveal_secret() == SECRET

    def test_it_shows_itself_nowhere(self) -> None:
        config = RelayConfig(auth=AuthConfig(client_id="me", client_secret=SECRET))
        shown = [repr(config), str(config), repr(Secret(SECRET)), f"{config.auth.client_secret}"]
        assert not any(SECRET in text for text in shown)
        assert SECRET not in repr(dataclasses.asdict(config))
        assert copy.deepcopy(config).auth.reveal_secret() == SECRET

    def test_it_is_not_pickled(self) -> None:
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(Secret(SECRET))


class TestMapping:
    RULES = '{"queue_name": "attributes.routingQueue"}'

    def test_rules_come_from_a_json_or_a_toml_file(self, tmp_path: Path) -> None:
        (tmp_path / "rules.json").write_text(self.RULES)
        (tmp_path / "rules.toml").write_text('queue_name = "attributes.routingQueue"\n')
        versions = {
            read(tmp_path, f"[mapping]\nfile = '{name}'\n").mapping.load().version
            for name in ("rules.json", "rules.toml")
        }
        assert len(versions) == 1

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"rules\.json cannot be read"):
            read(tmp_path, "[mapping]\nfile = 'rules.json'\n").mapping.load()

    def test_a_wrong_rule_is_a_mapping_error(self, tmp_path: Path) -> None:
        with pytest.raises(MappingError):
            read(tmp_path, "[mapping]\nrules = [{ from = 'a' }]\n").mapping.load()
