"""The containers cannot be built here; that they fit the code can be checked all the same."""

import os
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from labelreview.local import commands, probes
from labelreview.local.places import PROJECT

COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
SECRETS = {"SECRET_KEY": "one", "POSTGRES_PASSWORD": "two"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_container_runs_a_command_that_the_local_start_knows(name: str) -> None:
    assert OURS[name]["command"] == name
    assert name in commands.COMMANDS


@pytest.mark.parametrize("name", sorted(set(COMPOSE["services"]) - {"migrate"}))
def test_each_lasting_container_is_asked_how_it_is(name: str) -> None:
    question: list[str] = COMPOSE["services"][name]["healthcheck"]["test"]
    if name in OURS:
        assert question[1:4] == ["python", "-m", "labelreview.local"]
        assert question[4] in probes.QUESTIONS


def test_no_secret_has_a_default() -> None:
    for service in COMPOSE["services"].values():
        for name, value in service.get("environment", {}).items():
            if any(word in name for word in ("SECRET", "PASSWORD")):
                assert value.startswith("${"), name
                assert ":?" in value, name


def test_the_image_runs_as_an_ordinary_user_and_contains_what_the_code_needs() -> None:
    lines = (PROJECT / "Dockerfile").read_text().splitlines()
    assert "USER labelreview" in lines
    for package in ("labelreview", "reviews", "detection", "manage.py", "requirements.txt"):
        assert any(line.startswith("COPY") and package in line for line in lines), package
        assert f"!{package}" in (PROJECT / ".dockerignore").read_text().splitlines()


def test_compose_itself_accepts_the_file_and_insists_on_the_secrets() -> None:
    command = _compose()
    complete = _config(command, SECRETS)
    assert complete.returncode == 0, complete.stderr
    assert set(yaml.safe_load(complete.stdout)["services"]) == set(COMPOSE["services"])
    for missing in SECRETS:
        rest: dict[str, Any] = {name: value for name, value in SECRETS.items() if name != missing}
        assert missing in _config(command, rest).stderr


def _compose() -> list[str]:
    plugin = ["docker", "compose"]
    if shutil.which("docker") and subprocess.run([*plugin, "version"], capture_output=True).returncode == 0:
        return plugin
    if not shutil.which("docker-compose"):
        pytest.skip("docker compose is not installed")
    return ["docker-compose"]


def _config(command: list[str], secrets: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in SECRETS} | secrets
    return subprocess.run([*command, "config"], cwd=PROJECT, env=environment, capture_output=True, text=True)
