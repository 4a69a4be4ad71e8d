"""The container files, as far as they can be tried without an engine."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner
from support.loopback import http_answer, listening, says

from bridge.cli import cli
from bridge.config import read_settings
from bridge.serve import GRACEFUL_TIMEOUT_S

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
    return document


def dockerfile() -> list[list[str]]:
    """Each instruction with its arguments, in order; continued lines joined, comments left out."""
    text = re.sub(r"\\\n", " ", (DOCKER / "Dockerfile").read_text("utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [line.split(maxsplit=1) for line in lines]


def instructions(name: str) -> list[str]:
    return [arguments for instruction, arguments in dockerfile() if instruction == name]


# -- compose -----------------------------------------------------------------------------------------------------------


def test_the_parts_of_the_whole_are_there() -> None:
    assert {"wordpress", "mariadb", "sidecar", "scheduler", "postgres", "nginx"} == compose()["services"].keys()


def test_every_secret_that_a_service_reads_is_given_to_it_and_defined() -> None:
    document = compose()
    for name, service in document["services"].items():
        given = set(service.get("secrets", []))
        environment = service.get("environment", {})
        read = {
            str(v).removeprefix("/run/secrets/") for v in environment.values() if str(v).startswith("/run/secrets/")
        }
        assert read == given, name
        assert given <= document["secrets"].keys()


def test_no_secret_stands_in_the_file() -> None:
    for service in compose()["services"].values():
        spoken = {name for name in service.get("environment", {}) if "PASSWORD" in name or "TOKEN" in name}
        assert {name for name in spoken if not name.endswith(("_FILE", "RANDOM_ROOT_PASSWORD"))} == set()


def test_every_secret_is_made_by_the_script(tmp_path: Path) -> None:
    shutil.copy(DOCKER / "secrets.sh", tmp_path)
    subprocess.run(["sh", str(tmp_path / "secrets.sh")], check=True)
    made = {f"./secrets/{path.name}" for path in (tmp_path / "secrets").iterdir()}
    assert made == {secret["file"] for secret in compose()["secrets"].values()}
    url = (tmp_path / "secrets" / "bridge_database_url").read_text()
    before = (tmp_path / "secrets" / "bridge_db_password").read_text()
    assert before in url
    subprocess.run(["sh", str(tmp_path / "secrets.sh")], check=True)
    assert (tmp_path / "secrets" / "bridge_db_password").read_text() == before


def test_the_settings_of_sidecar_and_scheduler_are_known_and_the_same(tmp_path: Path) -> None:
    services = compose()["services"]
    environment = services["sidecar"]["environment"]
    assert environment == services["scheduler"]["environment"]
    secret = tmp_path / "secret"
    secret.write_text("postgresql+psycopg://bridge:x@postgres/bridge\n")
    here = {name: str(secret) if name.endswith("_FILE") else value for name, value in environment.items()}
    assert read_settings(here, tmp_path / "none").database_url.get_secret_value().startswith("postgresql+psycopg://")


def test_what_is_in_flight_may_end_before_a_container_is_killed() -> None:
    services = compose()["services"]
    assert all(
        int(services[name]["stop_grace_period"].removesuffix("s")) > GRACEFUL_TIMEOUT_S
        for name in ("sidecar", "scheduler")
    )


def test_volumes_networks_and_services_that_are_named_exist() -> None:
    document = compose()
    for service in document["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (DOCKER / source).exists() if source.startswith(".") else source in document["volumes"], volume
        assert set(service["networks"]) <= document["networks"].keys()
        assert set(service.get("depends_on", [])) <= document["services"].keys()


def test_only_nginx_is_reachable_from_outside_and_only_from_this_machine() -> None:
    published = {name: service["ports"] for name, service in compose()["services"].items() if "ports" in service}
    assert list(published) == ["nginx"]
    assert all(port.startswith("127.0.0.1:") for port in published["nginx"])


def test_nginx_listens_inside_on_the_port_that_is_published() -> None:
    [port] = compose()["services"]["nginx"]["ports"]
    _, outside, inside = port.split(":")
    assert outside == inside
    assert f"listen {inside};" in (DOCKER / "nginx.conf").read_text("utf-8")


def test_health_is_asked_where_a_service_waits_for_it() -> None:
    services = compose()["services"]
    for service in services.values():
        waits = service.get("depends_on", {})
        for name in (
            (n for n, how in waits.items() if how["condition"] == "service_healthy") if isinstance(waits, dict) else ()
        ):
            assert "healthcheck" in services[name] or services[name]["image"] == "escalation-bridge"


# -- Dockerfile --------------------------------------------------------------------------------------------------------


def test_the_image_does_not_run_as_root() -> None:
    assert instructions("USER")[-1] not in ("root", "0")
    names = [instruction for instruction, _ in dockerfile()]
    assert names.index("USER") < names.index("CMD")


def test_base_images_have_a_version() -> None:
    for base in instructions("FROM"):
        image = base.split()[0]
        assert re.fullmatch(r"[a-z./-]+:[\w.-]+", image)
        assert not image.endswith(":latest")


def test_python_is_installed_by_the_lock() -> None:
    installs = [line for line in instructions("RUN") if "pip install" in line]
    assert installs
    assert all("-c requirements-lock.txt" in line and "--no-cache-dir" in line for line in installs)


def test_commands_are_lists_so_that_signals_arrive() -> None:
    assert all(isinstance(json.loads(arguments), list) for arguments in instructions("CMD"))


def test_everything_that_is_copied_exists_and_is_not_ignored() -> None:
    ignored = (DOCKER / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    for line in instructions("COPY"):
        if "--from=" not in line:
            for source in line.split()[:-1]:
                assert (ROOT / source).exists()
                assert f"!{source}" in ignored


def test_no_setting_stands_in_the_image_that_a_secret_file_would_contradict() -> None:
    fixed = re.findall(r"(BRIDGE_\w+)=", " ".join(instructions("ENV")))
    assert fixed == ["BRIDGE_BIND"]


# -- commands ----------------------------------------------------------------------------------------------------------


def commands() -> list[list[str]]:
    of_services = [s["command"] for s in compose()["services"].values() if "command" in s]
    shell = re.findall(r"exec sidecar (bridge [a-z ]+)", (DOCKER / "README.md").read_text("utf-8"))
    of_image = [json.loads(arguments) for arguments in instructions("CMD")]
    return [*of_services, *of_image, *(line.split()[:3] for line in shell)]


@pytest.mark.parametrize("command", [one for one in commands() if one[0] == "bridge"], ids=" ".join)
def test_every_bridge_command_that_is_named_exists(command: list[str]) -> None:
    group: click.Command = cli
    assert CliRunner().invoke(group, [*command[1:], "--help"]).exit_code == 0


def test_every_module_that_is_run_exists() -> None:
    modules = {command[2] for command in commands() if command[:2] == ["python", "-m"]}
    assert modules == {"scheduler"}
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('scheduler.__main__') is None)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd="/")


def test_the_health_check_asks_past_a_proxy_that_the_container_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    [command] = [json.loads(arguments.partition("CMD ")[2]) for arguments in instructions("HEALTHCHECK")]
    with listening(says(http_answer(200))) as healthy:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        asked = command[2].replace(":8765", f":{healthy.port}")
        subprocess.run([sys.executable, "-c", asked], check=True)


def test_the_health_check_is_a_program() -> None:
    _, _, command = instructions("HEALTHCHECK")[0].partition("CMD ")
    program, flag, code = json.loads(command)
    assert (program, flag) == ("python", "-c")
    compile(code, "healthcheck", "exec")
    port = re.search(r":(\d+)/healthz", code)
    assert port
    assert f"BRIDGE_BIND=0.0.0.0:{port[1]}" in " ".join(instructions("ENV"))
    assert instructions("EXPOSE") == [port[1]]


# -- nginx -------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_nginx_accepts_the_sample(tmp_path: Path) -> None:
    text = (DOCKER / "nginx.conf").read_text("utf-8")
    for name in ("wordpress", "sidecar"):  # names that only the containers' network knows
        text = re.sub(rf"\b{name}:(\d)", r"127.0.0.1:\1", text)
    sample = tmp_path / "nginx.conf"
    sample.write_text(f"pid {tmp_path}/pid;\n{text}", "utf-8")
    assert NGINX
    done = subprocess.run(
        [NGINX, "-t", "-p", str(tmp_path), "-c", str(sample), "-e", "stderr"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_proxy_passes_the_signed_path_as_it_came() -> None:
    text = (DOCKER / "nginx.conf").read_text("utf-8")
    assert re.findall(r"proxy_pass (\S+);", text) == ["$sidecar"]
    assert re.findall(r"set \$sidecar (\S+);", text) == ["http://sidecar:8765"]
