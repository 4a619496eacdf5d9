from pathlib import Path
from typing import Any

import pytest

from ..backoff import Backoff, pause_after
from ..errors import OptionError
from ..settings import advertised_address, check_change, resolve_settings

CWD = Path("/games/chess")


def test_defaults() -> None:
    settings = resolve_settings({}, CWD)
    assert (settings.service_id, settings.version) == ("chess", "1.0.0")
    assert (settings.agent_address, settings.listen) == ("127.0.0.1:19090", "127.0.0.1:0")
    assert (settings.health_check_interval, settings.graceful_shutdown_timeout) == (30, 30)
    assert (settings.auto_reconnect, settings.max_retry_attempts) == (True, 10)
    assert settings.backoff == Backoff(0.1, 5)
    assert resolve_settings({}, CWD, agent_address="agent.lan:19090").backoff == Backoff(5, 60)
    assert not settings.watch


def test_the_environment_overrides_the_app() -> None:
    environment = {
        "CROUPIER_AGENT_ADDR": "127.0.0.1:1",
        "CROUPIER_SERVICE_ID": "env-id",
        "CROUPIER_SERVICE_VERSION": "9.0.0",
        "CROUPIER_GAME_ID": "chess",
        "CROUPIER_ENV": "test",
        "CROUPIER_GENERATION": "3",
        "CROUPIER_HOTRELOAD": "true",
    }
    settings = resolve_settings(
        environment, CWD, agent_address="other:2", service_id="app", version="1.2.3", watch=True
    )
    assert (settings.agent_address, settings.service_id, settings.version) == ("127.0.0.1:1", "env-id", "9.0.0")
    assert (settings.game_id, settings.env, settings.generation) == ("chess", "test", 3)
    # croupier dev watches.
    assert not settings.watch


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"reconnect_delay": -1}, "reconnect_delay.*-1"),
        ({"reconnect_delay": "5s"}, "reconnect_delay.*'5s'"),
        ({"max_retry_attempts": 1.5}, "max_retry_attempts.*1.5"),
        ({"health_check_interval": 0}, "health_check_interval.*more than 0"),
        ({"graceful_shutdown_timeout": float("inf")}, "graceful_shutdown_timeout.*inf"),
        ({"auto_reconnect": "yes"}, "auto_reconnect.*'yes'"),
        ({"agent_address": "localhost"}, "agent_address.*'localhost'"),
        ({"listen": "127.0.0.1:70000"}, "listen.*70000"),
        ({"threads": 0}, "threads.*0"),
        ({"reconect_delay": 1}, "did you mean reconnect_delay"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], wrong: str) -> None:
    with pytest.raises(OptionError, match=wrong):
        resolve_settings({}, CWD, **options)


def test_a_change_is_checked_as_a_whole() -> None:
    settings = resolve_settings({}, CWD)
    assert check_change(settings, {"version": "2.0.0", "reconnect_delay": 9}) == {
        "version": "2.0.0",
        "backoff": Backoff(9, 9),
    }
    with pytest.raises(OptionError, match="reconnect_delay"):
        check_change(settings, {"version": "2.0.0", "reconnect_delay": -1})
    with pytest.raises(OptionError, match="no option listen"):
        check_change(settings, {"listen": "127.0.0.1:1"})


def test_a_wildcard_is_advertised_as_loopback() -> None:
    assert advertised_address("0.0.0.0:0", 7) == advertised_address("[::]:0", 7) == "127.0.0.1:7"
    assert advertised_address("10.0.0.1:0", 7) == "10.0.0.1:7"


def test_pauses_double_up_to_the_cap() -> None:
    backoff = Backoff(0.1, 5)
    assert [pause_after(failures, backoff, 0.5) for failures in (1, 2, 3, 7, 5000)] == [0.1, 0.2, 0.4, 5, 5]
    assert pause_after(1, backoff, 0) == pytest.approx(0.075)
    assert pause_after(1, backoff, 1) == pytest.approx(0.125)
