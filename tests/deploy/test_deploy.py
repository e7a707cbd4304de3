"""deploy/: what it names is what the code has. Nothing is pulled or started here."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rushes_cli.documents import settings_page
from rushes_cli.local.compose import SERVICES
from rushes_ingest.app import Settings as IngestSettings
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import open_platform
from rushes_runtime.settings import BlobSettings, HttpSettings, QdrantSettings, Settings, load
from rushes_schemas.stages import STAGES
from rushes_schemas.topics import TOPICS, VIDEO_PROGRESS, group

DEPLOY = Path(__file__).parents[2] / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
VARIABLE = re.compile(r"\bRUSHES_[A-Z0-9_]*[A-Z0-9]\b")


def documents(name: str) -> list[Any]:
    return [each for each in yaml.safe_load_all((DEPLOY / name).read_text("utf-8")) if each]


def kubernetes(kind: str) -> list[Any]:
    manifests = [*documents("kubernetes/rushes.yaml"), *documents("kubernetes/keda.yaml")]
    return [each for each in manifests if each["kind"] == kind]


def routes(tmp_path: Path) -> list[tuple[str, str, str]]:
    """Service, method and path of every route of the services that answer."""
    settings = load(
        Settings,
        blobs=BlobSettings(url=tmp_path.as_uri()),
        qdrant=QdrantSettings(url=f"edge://{tmp_path / 'index'}"),
    )
    platform = open_platform(settings)
    found = []
    for name, build in SERVICES.items():
        for router in build(platform).http:
            for route in router.routes:
                path = re.sub(r"\{[^}]*\}", "x", getattr(route, "path", ""))
                found += [(name, method, path) for method in getattr(route, "methods", ())]
    assert {name for name, _, _ in found} == {"ingest", "catalog", "query"}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_variable_is_a_setting(path: Path) -> None:
    unknown = set(VARIABLE.findall(path.read_text("utf-8"))) - set(VARIABLE.findall(settings_page())) - {"RUSHES_URL"}
    assert not unknown


def test_compose_runs_every_service() -> None:
    [compose] = documents("compose.yaml")
    commands = {name: each.get("command") for name, each in compose["services"].items()}
    assert all(commands[name] == ["run", name] for name in SERVICES)
    grace = int(compose["services"]["asr"]["stop_grace_period"].removesuffix("s"))
    assert grace > int(compose["services"]["asr"]["environment"]["RUSHES_KAFKA__SHUTDOWN_GRACE_S"])


def test_kubernetes_runs_every_service_and_lets_it_finish() -> None:
    deployments = {each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in kubernetes("Deployment")}
    assert deployments.keys() == SERVICES.keys()
    [settings] = [each["data"] for each in kubernetes("ConfigMap") if each["metadata"]["name"] == "rushes"]
    for name, pod in deployments.items():
        [container] = pod["containers"]
        assert container["args"] == ["run", name]
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
        assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
        assert pod["terminationGracePeriodSeconds"] > int(settings["RUSHES_KAFKA__SHUTDOWN_GRACE_S"])


def test_each_stage_scales_on_its_own_lag() -> None:
    [settings] = [each["data"] for each in kubernetes("ConfigMap") if each["metadata"]["name"] == "rushes"]
    consumed = {(group(service), topic.name) for topic in TOPICS for service in topic.consumers}
    work = {stage.name: stage.consumes for stage in STAGES}
    scaled = kubernetes("ScaledObject")
    assert {each["spec"]["scaleTargetRef"]["name"] for each in scaled} == set(SERVICES) - {"query"}
    for each in scaled:
        name = each["spec"]["scaleTargetRef"]["name"]
        [trigger] = each["spec"]["triggers"]
        assert trigger["metadata"]["consumerGroup"] == group(name)
        assert (trigger["metadata"]["consumerGroup"], trigger["metadata"]["topic"]) in consumed
        assert trigger["metadata"]["topic"] == work.get(name, VIDEO_PROGRESS.name)
        assert trigger["metadata"]["bootstrapServers"] == settings["RUSHES_KAFKA__BOOTSTRAP_SERVERS"]
        assert each["spec"]["maxReplicaCount"] <= int(settings["RUSHES_TOPICS__PARTITIONS"])


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    metrics = Metrics().registry.collect()
    labels = {"outcome", "stage", "reason", "le", "partition", "action"}
    suffixes = ("", "_total", "_bucket", "_count", "_sum")
    there = {family.name + suffix for family in metrics for suffix in suffixes}
    dashboard = json.loads((DEPLOY / "grafana/rushes.json").read_text("utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(asked) >= 5
    for expression in asked:
        named = set(re.findall(r"\brushes_\w+", expression))
        assert named and named <= there, expression
        assert set(re.findall(r"(\w+)=", expression)) <= labels


def test_the_door_leads_every_route_to_its_service(tmp_path: Path) -> None:
    rules = re.findall(r'^\s+"~(.+)"\s+http://(\w+):8080;$', (DEPLOY / "nginx.conf").read_text("utf-8"), re.MULTILINE)
    assert rules
    for service, method, path in routes(tmp_path):
        to = next((to for rule, to in rules if re.search(rule, f"{method}:{path}")), "query")
        assert to == service, (method, path)


def test_the_gateway_leads_every_route_to_its_service(tmp_path: Path) -> None:
    [route] = kubernetes("HTTPRoute")
    for service, method, path in routes(tmp_path):
        leads = [rule["backendRefs"][0]["name"] for rule in route["spec"]["rules"] if _matches(rule, method, path)]
        assert leads[0] == service, (method, path)


def test_metrics_are_scraped_with_a_key_or_kept_inside() -> None:
    """Beyond loopback `/metrics` asks for a key."""
    text = (DEPLOY / "env.example").read_text("utf-8")
    given = dict(line.split("=", 1) for line in text.splitlines() if not line.startswith("#"))
    keys = HttpSettings.model_validate({"keys": json.loads(given["RUSHES_HTTP__KEYS"])}).keys
    [scraper] = [key for key in keys if key.secret.get_secret_value() == given["PROMETHEUS_KEY"]]
    assert scraper.scopes == frozenset()
    [compose], [prometheus] = documents("compose.yaml"), documents("prometheus.yaml")
    [secret] = compose["services"]["prometheus"]["secrets"]
    assert compose["secrets"][secret] == {"environment": "PROMETHEUS_KEY"}
    [job] = prometheus["scrape_configs"]
    assert job["authorization"] == {"credentials_file": f"/run/secrets/{secret}"}
    [settings] = [each["data"] for each in kubernetes("ConfigMap") if each["metadata"]["name"] == "rushes"]
    assert json.loads(settings["RUSHES_HTTP__PUBLIC"]) == ["metrics"]
    [route] = kubernetes("HTTPRoute")
    [first, *_] = [rule for rule in route["spec"]["rules"] if _matches(rule, "GET", "/metrics")]
    assert "backendRefs" not in first


def test_the_settings_of_kubernetes_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    [settings] = [each["data"] for each in kubernetes("ConfigMap") if each["metadata"]["name"] == "rushes"]
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    loaded = load(IngestSettings)
    assert loaded.http.public == ("metrics",) and loaded.sources.buckets == ()


def _matches(rule: Any, method: str, path: str) -> bool:
    return any(_path(each["path"], path) and each.get("method", method) == method for each in rule["matches"])


def _path(match: Any, path: str) -> bool:
    if match["type"] == "RegularExpression":
        return bool(re.fullmatch(match["value"], path))
    prefix = match["value"].rstrip("/")
    return path == prefix or path.startswith(prefix + "/")
