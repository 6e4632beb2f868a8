"""freqtrade's REST API of a real process, asked as FreqUI asks it: a login, then its token."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.support.bot import SWALLOWED, Bot

NAME, PASSWORD = "frequi", "only on this machine"
STARTED_WITHIN = 300.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def api_section(port: int) -> dict[str, Any]:
    """freqtrade's `api_server`, on the loopback address alone."""
    return {
        "enabled": True,
        "listen_ip_address": "127.0.0.1",
        "listen_port": port,
        "verbosity": "error",
        "enable_openapi": False,
        "jwt_secret_key": "for nothing but this test, and never elsewhere",
        "CORS_origins": [],
        "username": NAME,
        "password": PASSWORD,
    }


class WebApi:
    """
    :param port: that the process listens at
    :raises httpx.HTTPStatusError: where it refuses the login, or answers with an error
    """

    def __init__(self, port: int) -> None:
        self.port = port
        base = f"http://127.0.0.1:{port}/api/v1"
        self._client = httpx.Client(base_url=base, timeout=60.0, trust_env=False)

    def answers(self) -> bool:
        try:
            return self._client.get("/ping").is_success
        except httpx.TransportError:
            return False

    def login(self) -> None:
        said = self._client.post("/token/login", auth=(NAME, PASSWORD)).raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {said.json()['access_token']}"

    def get(self, path: str, **params: str) -> Any:
        return self._client.get(path, params=params).raise_for_status().json()

    def post(self, path: str, **payload: Any) -> Any:
        return self._client.post(path, json=payload).raise_for_status().json()

    def close(self) -> None:
        self._client.close()


@contextmanager
def webserver(bot: Bot) -> Iterator[WebApi]:
    """
    `freqtrade webserver` over a bot's folder.

    :param bot: its config gets an `api_server`
    :return: logged in; nothing may have been raised and swallowed meanwhile
    """
    port = free_port()
    bot.config["api_server"] = api_section(port)
    log = bot.userdir / "webserver.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            bot.command("webserver"),
            stdout=file,
            stderr=subprocess.STDOUT,
            env=bot.whole_environment,
        )
        api = WebApi(port)
        try:
            end = time.monotonic() + STARTED_WITHIN
            while not api.answers():
                assert process.poll() is None and time.monotonic() < end, log.read_text()[-6000:]
                time.sleep(0.1)  # another process starts
            api.login()
            yield api
            said = log.read_text(errors="replace")  # before the signal interrupts it anywhere
        finally:
            api.close()
            process.terminate()
            process.wait(timeout=60)
    assert not [word for word in SWALLOWED if word in said], said[-6000:]
