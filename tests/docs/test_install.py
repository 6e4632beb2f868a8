"""What the install page promises: the container files are valid, and the image's steps work."""

import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml
from freqtrade.commands.arguments import Arguments
from freqtrade.config_schema import CONF_SCHEMA
from jsonschema import Draft4Validator
from packaging.requirements import Requirement

from tests.docs.pages import DOCS, REPOSITORY
from vectra_freqtrade.settings.section import CoinglassSettings

DOCKER = REPOSITORY / "docker"
COMPOSE = sorted(DOCKER.glob("docker-compose*.yml"))
INSTALL = (DOCS / "install.md").read_text()


def services(file: Path) -> dict[str, dict]:
    return yaml.safe_load(file.read_text())["services"]


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.name)
def test_a_compose_file_is_one(file):
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    subprocess.run([*check, str(file)], check=True, capture_output=True)


@pytest.mark.parametrize("file", COMPOSE, ids=lambda file: file.name)
def test_every_bot_of_a_compose_file_is_a_command_that_freqtrade_takes(file):
    for name, service in services(file).items():
        if command := service.get("command"):
            options = Arguments(shlex.split(command)).get_parsed_arg()
            assert options["strategy"] == "VectraStrategy", name


def test_no_two_bots_share_a_database():
    for file in COMPOSE:
        found = re.findall(r"sqlite:\S+", file.read_text())
        assert len(found) == len(set(found))


def test_the_image_is_of_a_freqtrade_that_the_package_takes():
    version = re.search(r"ARG FREQTRADE=(\S+)", (DOCKER / "Dockerfile").read_text())
    needed = next(
        requirement
        for requirement in map(Requirement, requires("vectra-freqtrade") or [])
        if requirement.name == "freqtrade" and not requirement.marker
    )
    assert version is not None and version[1] in needed.specifier
    assert version[1] in INSTALL


@pytest.mark.parametrize("name", ["producer.json", "consumer.json"])
def test_the_configs_of_producer_and_consumers_are_valid(name):
    config = json.loads((DOCKER / name).read_text())
    own = CoinglassSettings.from_config(config)
    assert list(own.intervals) == ["1h", "4h"]
    schema = {**CONF_SCHEMA, "required": []}  # the rest is in config.json
    Draft4Validator(schema).validate({**config, "dry_run": True})


def test_consumers_find_the_producer():
    producer = json.loads((DOCKER / "producer.json").read_text())["api_server"]
    consumer = json.loads((DOCKER / "consumer.json").read_text())
    (named,) = consumer["external_message_consumer"]["producers"]
    assert named["host"] in services(DOCKER / "docker-compose.producer.yml")
    assert (named["port"], named["ws_token"]) == (producer["listen_port"], producer["ws_token"])
    assert consumer["coinglass"]["producer"] == named["name"]


def test_the_secret_is_where_the_setting_says():
    file = DOCKER / "docker-compose.secret.yml"
    (variable,) = services(file)["freqtrade"]["environment"]
    name, _, path = variable.partition("=")
    secret = path.removeprefix("/run/secrets/")
    assert name.lower().split("__")[1:] == ["coinglass", "api_key_file"]
    assert secret in yaml.safe_load(file.read_text())["secrets"]


def test_the_images_steps_install_the_wheel_beside_freqtrade(tmp_path):
    """As in the image: freqtrade is there, and the user's own packages are a folder beside it."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheels = tmp_path / "wheels"
    make = ["wheel", "--no-deps", "--wheel-dir", str(wheels), str(REPOSITORY)]
    subprocess.run([*pip, *make], check=True, capture_output=True)
    (wheel,) = wheels.glob("vectra_freqtrade-*.whl")
    twine = [sys.executable, "-m", "twine", "check", "--strict", str(wheel)]
    subprocess.run(twine, check=True, capture_output=True)
    home = tmp_path / "local"
    install = ["install", "--no-deps", "--no-compile", "--prefix", str(home), str(wheel)]
    subprocess.run([*pip, *install, "--ignore-installed"], check=True, capture_output=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(home)})
    environment = {**os.environ, "PYTHONPATH": packages}
    where = [sys.executable, "-c", "import vectra_freqtrade as v; print(v.__file__)"]
    found = subprocess.run(where, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert found.stdout.startswith(str(home)), "the wheel's, not the checkout's"
    command = [str(home / "bin" / "vectra-freqtrade"), "init", "--yes"]
    answers = ["--exchange", "binance", "--trading-mode", "futures", "--pairs", "BTC"]
    ran = subprocess.run(
        [*command, *answers], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    strategies = {path.name for path in (tmp_path / "user_data" / "strategies").iterdir()}
    assert "VectraStrategy.py" in strategies


def test_the_example_workflow_is_one():
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    workflows = [str(path) for path in (REPOSITORY / ".github" / "workflows").glob("*.yml")]
    subprocess.run([*check, "vendor.github-workflows", *workflows], check=True, capture_output=True)


def test_no_page_shows_an_install_by_a_name_that_is_not_registered():
    for page in [REPOSITORY / "README.md", *DOCS.glob("*.md")]:
        lines = page.read_text().splitlines()
        assert not [
            line
            for line in lines
            if re.search(r"\b(pip|uv|pipx) install [^&]*vectra-freqtrade", line)
        ]
