"""The reaper and its actions over moto and the doubles of Slack, Kubernetes and Prometheus, with a clock to set."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
from moto import mock_aws

from kaizen.events.slack import SlackInteraction
from kaizen.policy import store as policy_store
from kaizen.policy.store import DEFAULT_FILE
from kaizen.runtime import clients, secrets
from local.outside.kubernetes import kinds, manifests
from local.outside.kubernetes.service import TOKEN, KubernetesService
from local.outside.prometheus.service import PREFIX, PrometheusService
from local.outside.slack.service import BOT_TOKEN, Slack
from local.outside.world import World as Outside
from sandbox_actions import handler as actions
from sandbox_reaper import handler as reaper
from sandbox_reaper.queries import MEASURED, pod_queries, queries
from sandbox_reaper.store import SandboxStore
from tests.architecture.house import resources
from tests.contract.outside_door import door
from tests.unit.sandboxes.sandbox_world import LIVE, idle_figures

SWITCH, POLICY, OWNER, BUSY = "/kaizen/sandboxes/switch", "/kaizen/policy", "U0OWNER1", "/kaizen/sandboxes/busy-secret"
SECTION = '\n[sandboxes]\nmode = "live"\nchannel = "C0SANDBOXES"\n'
_CLOCKS = ("sandbox_reaper.parts", "sandbox_reaper.handler", "sandbox_actions.parts", "sandbox_actions.handler")
_TABLES = {"sandboxes": "SandboxesTable", "metrics": "MetricsTable", "slack": "SlackTable"}


class ReaperWorld:
    def __init__(self, address: str, outside: Outside, clock: list[datetime]) -> None:
        self.outside = outside
        self.clock = clock
        self.kubernetes = outside.of(KubernetesService)
        self.prometheus = outside.of(PrometheusService)
        self.slack = outside.of(Slack).workspace
        self.figures: dict[str, dict[str, float]] = {}
        self.pods: set[tuple[str, str]] = set()
        self.dynamodb: Any = boto3.client("dynamodb")
        self.sqs: Any = boto3.client("sqs")
        self.ssm: Any = boto3.client("ssm")
        for name, resource in _TABLES.items():
            given: Any = resources("AWS::DynamoDB::Table")[resource]
            made = {key: given[key] for key in ("AttributeDefinitions", "BillingMode", "KeySchema")}
            self.dynamodb.create_table(TableName=name, **made)
        self.queue = self.sqs.create_queue(QueueName="wake")["QueueUrl"]
        os.environ |= {
            "PROMETHEUS_URL": f"{address}{PREFIX}", "KUBERNETES_URL": f"{address}/kubernetes/server",
            "SLACK_API_URL": f"{address}/api/", "SANDBOX_WAKE_QUEUE_URL": self.queue,
            "SANDBOX_ACTION_QUEUE_URL": self.queue,
        }  # fmt: skip
        self.put("/kaizen/kubernetes/token", TOKEN)
        self.put("/kaizen/slack/bot-token", BOT_TOKEN)
        self.put("/kaizen/slack/button-secret", "button-secret")
        self.put(BUSY, "busy-secret older-secret")
        self.policy(SECTION)
        for name in queries(LIVE):
            self._question(name)

    def put(self, parameter: str, value: str) -> None:
        self.ssm.put_parameter(Name=parameter, Value=value, Type="SecureString", Overwrite=True)

    def policy(self, section: str) -> None:
        self.put(POLICY, DEFAULT_FILE.read_text(encoding="utf-8") + section)
        new_process()

    def sandbox(self, name: str, owner: str = OWNER, figures: dict[str, float] | None = None) -> None:
        """An idle namespace with a Deployment of two and a StatefulSet of one."""
        annotations = {"kaizen.dev/owner": owner} if owner else {}
        self._space(name, {"kaizen.dev/reaper": "enabled"}, annotations)
        self.kubernetes.add(kinds.DEPLOYMENTS, name, manifests.replicated("web", 2))
        self.kubernetes.add(kinds.STATEFUL_SETS, name, manifests.replicated("db", 1))
        for question, value in (idle_figures(LIVE, pods=3) if figures is None else figures).items():
            self._series(question, name, value)

    def agent(self, space: str, name: str) -> None:
        """An idle Sandbox of agent-sandbox, in a namespace that is not opted in."""
        self._space(space, {}, {})
        meta: dict[str, Any] = {"labels": {"kaizen.dev/reaper": "enabled"}, "annotations": {"kaizen.dev/owner": OWNER}}
        self.kubernetes.add(kinds.SANDBOXES, space, manifests.sandbox(name, **meta))
        for question, value in (idle_figures(LIVE) | {"cpu": 7.0}).items():
            self._series(question, space, value)  # the namespace works hard
        for question, text in pod_queries(LIVE, [space]).items():
            value = idle_figures(LIVE)[question]
            self.prometheus.expression(text, {"namespace": space, "pod": name}, lambda _, value=value: value)  # type: ignore[misc]

    def _space(self, name: str, labels: dict[str, str], annotations: dict[str, str]) -> None:
        """A namespace; one that is there already gets the labels and annotations."""
        cluster = self.kubernetes.cluster
        made = manifests.namespace(name, labels, annotations)
        with cluster.lock:
            if any(each["metadata"]["name"] == name for each in cluster.every(kinds.NAMESPACES)):
                cluster.update(kinds.NAMESPACES, "", name, made, "kubectl")
                return
        self.kubernetes.namespace(made)

    def mode(self, space: str, name: str) -> str:
        with self.kubernetes.cluster.lock:
            return str(self.kubernetes.cluster.get(kinds.SANDBOXES, space, name)["spec"]["operatingMode"])

    def _question(self, name: str) -> None:
        if name == "canary":
            self._series(name, LIVE.canary, 0.2)
        if name == "clusters":
            self._series(name, LIVE.canary, 1.0)
        if name == "canary_samples":
            self._series(name, LIVE.canary, LIVE.window / LIVE.scrape)

    def _series(self, question: str, namespace: str, value: float) -> None:
        if question == "pods":
            self.figures.setdefault(namespace, {})[question] = value  # whether its pods are measured: `_measured`
        elif not question.startswith("canary") or namespace == LIVE.canary:
            known = self.figures.setdefault(namespace, {})
            before, known[question] = question in known, value
            if before:
                return  # it is asked already
            text = queries(LIVE)[question]
            self.prometheus.expression(text, {"namespace": namespace}, lambda _: self.figures[namespace].get(question))

    def _measured(self) -> None:
        """Every pod of the cluster is measured by every signal, where its namespace is at all."""
        with self.kubernetes.cluster.lock:
            metas = [each["metadata"] for each in self.kubernetes.cluster.every(kinds.PODS)]
        for space, name in {(each["namespace"], each["name"]) for each in metas} - self.pods:
            self.pods.add((space, name))
            self.prometheus.expression(
                queries(LIVE)[MEASURED],
                {"namespace": space, "pod": name},
                lambda _, space=space: 1.0 if self.figures.get(space, {}).get("pods") else None,  # type: ignore[misc]
            )

    def unplug(self) -> None:
        """Prometheus's address answers nobody any more."""
        os.environ["PROMETHEUS_URL"] = "http://127.0.0.1:9"
        reaper.settings.cache_clear()

    def later(self, **given: float) -> None:
        self.clock[0] += timedelta(**given)
        self._measured()

    def run(self) -> dict[str, Any]:
        self._measured()
        found: dict[str, Any] = reaper.lambda_handler({"do": "run"}, CONTEXT)
        return found

    def woken(self) -> list[dict[str, Any]]:
        """The reaper sees to what waits in its queue."""
        answers = []
        self._measured()
        while records := self.sqs.receive_message(QueueUrl=self.queue).get("Messages"):
            event = {"Records": [{"messageId": each["MessageId"], "body": each["Body"]} for each in records]}
            answers.append(reaper.lambda_handler(event, CONTEXT))
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=records[0]["ReceiptHandle"])
        return answers

    def beat(self, uid: str, body: str, authorization: str, **changed: Any) -> dict[str, Any]:
        event = {
            "pathParameters": {"uid": uid}, "headers": {"authorization": authorization}, "body": body,
            "requestContext": {"requestId": "request-2", "http": {"method": "POST"}},
        }  # fmt: skip
        found: dict[str, Any] = actions.lambda_handler(event | changed, CONTEXT)
        return found

    def uid(self, name: str) -> str:
        with self.kubernetes.cluster.lock:
            return str(self.kubernetes.cluster.get(kinds.NAMESPACES, "", name)["metadata"]["uid"])

    def buttons(self, message: dict[str, Any]) -> dict[str, dict[str, Any]]:
        found = [each for block in message["blocks"] if block["type"] == "actions" for each in block["elements"]]
        return {each["action_id"].partition(".")[2]: each for each in found}

    def press(self, message: dict[str, Any], verb: str, user: str = OWNER, **changed: str) -> dict[str, Any]:
        button = self.buttons(message)[verb]
        event = SlackInteraction(
            self.clock[0], "sandboxes", button["action_id"], user, button["value"], channel_id=message["channel"],
            message_ts=message["ts"], trigger_id=f"{self.clock[0].timestamp()}",
        )  # fmt: skip
        detail = event.detail() | changed
        body = json.dumps({"detail-type": "slack.interaction", "detail": detail, "id": "1"})
        found: dict[str, Any] = actions.lambda_handler({"Records": [{"messageId": "1", "body": body}]}, CONTEXT)
        return found

    def message(self, words: str) -> dict[str, Any]:
        (found,) = [each for each in self.slack.listed() if words in json.dumps(each["blocks"], ensure_ascii=False)]
        return found

    def sizes(self, name: str) -> dict[str, int]:
        sized = ((kinds.DEPLOYMENTS, "web"), (kinds.STATEFUL_SETS, "db"))
        with self.kubernetes.cluster.lock:
            return {each: self.kubernetes.cluster.get(kind, name, each)["spec"]["replicas"] for kind, each in sized}

    def store(self) -> SandboxStore:
        return SandboxStore(self.dynamodb, "sandboxes", "metrics")

    def metric(self, name: str) -> dict[str, float]:
        items = self.dynamodb.query(
            TableName="metrics",
            KeyConditionExpression="metric = :metric",
            ExpressionAttributeValues={":metric": {"S": name}},
        )["Items"]
        return {each["series"]["S"]: float(each["value"]["N"]) for each in items}


CONTEXT = SimpleNamespace(
    function_name="sandbox_reaper", memory_limit_in_mb=512, aws_request_id="request-1",
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:sandbox_reaper",
    get_remaining_time_in_millis=lambda: 300_000,
)  # fmt: skip
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "eu-west-1",
    "STAGE": "test", "SANDBOXES_TABLE": "sandboxes", "METRICS_TABLE": "metrics", "SLACK_TABLE": "slack",
    "POLICY_PARAMETER": POLICY, "PROMETHEUS_TOKEN_PARAMETER": "/kaizen/prometheus/token",
    "KUBERNETES_TOKEN_PARAMETER": "/kaizen/kubernetes/token", "KUBERNETES_CA_PARAMETER": "/kaizen/kubernetes/ca",
    "EKS_CLUSTER": "", "SANDBOX_SWITCH_PARAMETER": SWITCH, "BUTTON_SECRET_PARAMETER": "/kaizen/slack/button-secret",
    "BUSY_SECRET_PARAMETER": BUSY,
    "SLACK_TOKEN_PARAMETER": "/kaizen/slack/bot-token",
}  # fmt: skip


def new_process() -> None:
    """Forget what a new process does not know."""
    caches: list[Any] = [
        reaper.settings, reaper.store, actions.settings, actions.dynamodb, policy_store.policy_store,
        secrets._provider, clients.built,
    ]  # fmt: skip
    for cached in caches:
        cached.cache_clear()


@contextmanager
def reaper_world() -> Iterator[ReaperWorld]:
    """Three days after its namespaces were made: nothing in them is young."""
    clock = [datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)]

    def now() -> datetime:
        return clock[0]

    outside = Outside({"slack": Slack, "kubernetes": lambda: KubernetesService(now), "prometheus": PrometheusService})
    with ExitStack() as all_:
        for module in _CLOCKS:
            all_.enter_context(patch(f"{module}.utc_now", now))
        address, _ = all_.enter_context(door(outside))
        all_.enter_context(patch.dict(os.environ, ENVIRONMENT, clear=True))
        all_.enter_context(mock_aws())
        new_process()
        yield ReaperWorld(address, outside, clock)
    new_process()
