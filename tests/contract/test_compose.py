"""docker-compose.yml is well-formed and stays the local platform's twin: same versions, same settings."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml

from mappings.systems import FOLDER as SYSTEMS_FOLDER
from santai.platform import debian, jars, mariadb, postgres
from santai.platform.kafka import BROKER_SETTINGS
from santai.settings import Settings

ROOT = Path(__file__).parents[2]
MAVEN = {"m": "http://maven.apache.org/POM/4.0.0"}
HUB = ("api", "streams", "connectors", "projector")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file, anchors and merges resolved."""
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed


@pytest.fixture(scope="module")
def versions() -> dict[str, str]:
    """Pinned versions of the POM, by property name without ``.version``."""
    properties = ElementTree.parse(jars.POM).getroot().find("m:properties", MAVEN)
    assert properties is not None
    return {
        element.tag.rpartition("}")[2].removesuffix(".version"): (element.text or "")
        for element in properties
        if element.tag.endswith(".version")
    }


@pytest.fixture(scope="module")
def compose_schema() -> dict[str, Any]:
    """The JSON schema of the Compose specification that Debian's docker-compose validates with."""
    (path,) = debian.unpacked("docker-compose").glob("**/compose_spec.json")
    schema: dict[str, Any] = json.loads(path.read_text())
    # The package's schema is older than the property's adoption by the specification.
    schema["properties"]["name"] = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"}
    return schema


def test_it_is_what_the_compose_specification_allows(compose: dict[str, Any], compose_schema: dict[str, Any]) -> None:
    validator = jsonschema.Draft201909Validator(compose_schema)
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(compose)] == []


def test_the_schema_would_notice_a_mistyped_key(compose: dict[str, Any], compose_schema: dict[str, Any]) -> None:
    broken = compose | {"services": {"kafka": {"imgae": "apache/kafka"}}}
    with pytest.raises(jsonschema.ValidationError, match="imgae"):
        jsonschema.Draft201909Validator(compose_schema).validate(broken)


def test_servers_have_the_versions_of_the_pom(compose: dict[str, Any], versions: dict[str, str]) -> None:
    images = {name: compose["services"][name]["image"] for name in ("kafka", "registry", "mariadb")}
    assert images == {
        "kafka": f"apache/kafka:{versions['kafka']}",
        "registry": f"apicurio/apicurio-registry-sql:{versions['apicurio']}",
        "mariadb": f"mariadb:{versions['mariadb']}",
    }


def test_postgres_has_the_version_of_the_wheel(compose: dict[str, Any]) -> None:
    said = subprocess.run([postgres.binary("postgres"), "--version"], capture_output=True, text=True, check=True)
    version = said.stdout.split()[-1]
    assert compose["services"]["postgres"]["image"] == f"postgres:{version}"


def test_prometheus_has_the_version_of_the_rule_checker(compose: dict[str, Any]) -> None:
    said = subprocess.run([debian.promtool(), "--version"], capture_output=True, text=True, check=True)
    version = re.search(r"version (\d+\.\d+\.\d+)", said.stdout + said.stderr)
    assert version is not None
    assert compose["services"]["prometheus"]["image"] == f"prom/prometheus:v{version[1]}"


def test_the_broker_has_the_same_settings(compose: dict[str, Any]) -> None:
    environment = compose["services"]["kafka"]["environment"]
    expected = {"KAFKA_" + name.upper().replace(".", "_"): value for name, value in BROKER_SETTINGS.items()}
    assert {name: environment.get(name) for name in expected} == expected


def test_the_databases_have_the_same_settings(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["mariadb"]["command"] == ["mariadbd", *mariadb.SERVER_OPTIONS]
    options = [part for name, value in postgres.SERVER_SETTINGS.items() for part in ("-c", f"{name}={value}")]
    assert services["postgres"]["command"] == ["postgres", *options]


def test_the_hubs_processes_get_settings_that_exist_and_all_the_systems_ask_for(compose: dict[str, Any]) -> None:
    settings = {f"SANTAI_{name.upper()}" for name in Settings.model_fields}
    systems = "".join(path.read_text() for path in SYSTEMS_FOLDER.glob("*.yaml"))
    placeholders = set(re.findall(r"\$\{(SANTAI_\w+)", systems))
    for name in HUB:
        given = set(compose["services"][name]["environment"])
        assert (placeholders - given, given - placeholders - settings) == (set(), set())


def test_the_hubs_processes_are_commands_of_ours(compose: dict[str, Any]) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    for name in HUB:
        command, verb, process = compose["services"][name]["command"]
        assert (command in scripts, verb, process) == (True, "run", name)


def test_prometheus_scrapes_the_hubs_processes_where_they_listen(compose: dict[str, Any]) -> None:
    parsed = yaml.safe_load((ROOT / "observability/prometheus/prometheus.yml").read_text())
    targets = {
        target for job in parsed["scrape_configs"] for config in job["static_configs"] for target in config["targets"]
    }
    settings = compose["services"]["api"]["environment"]
    port = {name: settings["SANTAI_PORT" if name == "api" else "SANTAI_METRICS_PORT"] for name in HUB}
    assert targets == {f"{name}:{port[name]}" for name in HUB}


def test_nothing_is_published_beyond_this_machine(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_is_mounted_from_the_checkout_is_there(compose: dict[str, Any]) -> None:
    mounts = [mount for service in compose["services"].values() for mount in service.get("volumes", [])]
    sources = [mount.partition(":")[0] for mount in mounts if mount.startswith("./")]
    assert sources
    assert all((ROOT / source).exists() for source in sources)
