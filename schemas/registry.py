"""The schema registry, by its Confluent HTTP API. Only shells import this module.

httpx and not confluent-kafka's client: six plain calls need neither its further packages nor its hidden retries.
Proxies from the environment are not used: a registry is a neighbour.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any
from urllib.parse import quote

import httpx

from schemas.catalog import Schema, Subject, catalog, record_name
from schemas.check import Finding, check_one
from schemas.errors import Retry, Stop, Unreadable

_HEADERS = {"Content-Type": "application/vnd.schemaregistry.v1+json"}
_TIMEOUT_S = 10.0
_BAD_URL = "模式注册中心的地址不合格,请检查设置;形如 http://主机:端口/apis/ccompat/v7"


@dataclass(frozen=True, slots=True)
class Registered:
    """What registering a subject came to."""

    subject: str
    schema_id: int
    fresh: bool  # false: it was registered before


class Incompatible(Stop):
    """A new version may not be registered; `findings` say why, field by field."""

    def __init__(self, findings: list[Finding]) -> None:
        more = f"(另有 {len(findings) - 1} 处)" if len(findings) > 1 else ""
        super().__init__(f"{findings[0]}{more}")
        self.findings = findings


class RegistrySchemaIds:
    """Ids of our schemas and schemas of ids; both are asked for once and kept, for neither ever changes."""

    def __init__(self, url: str, timeout_s: float = _TIMEOUT_S) -> None:
        """`url`: base of the Confluent API, such as http://host:port/apis/ccompat/v7. Nothing is sent yet."""
        try:
            self._url = httpx.URL(url.rstrip("/"))
        except httpx.InvalidURL:
            raise Stop(_BAD_URL) from None
        if self._url.scheme not in ("http", "https") or not self._url.host.strip("["):
            raise Stop(_BAD_URL)
        self._http = httpx.Client(headers=_HEADERS, timeout=timeout_s, trust_env=False)
        self._ids: dict[str, int] = {}
        self._schemas: dict[int, Schema] = {}

    def __enter__(self) -> RegistrySchemaIds:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; what was asked for stays known."""
        self._http.close()

    def id_of(self, subject: str) -> int:
        """Id of our own schema under the subject. Raises Stop when it is not registered, Retry when unreachable."""
        if subject not in self._ids:
            ours = catalog().current(record_name(subject))
            found = self._lookup(subject, ours)
            if found is None:
                raise Stop(f"模式 {subject} 的当前版本尚未登记,请先执行 santai schema register")
            self._ids[subject] = found
            self._schemas.setdefault(found, ours)
        return self._ids[subject]

    def schema_of(self, schema_id: int) -> Schema:
        """The schema of an id. Raises Unreadable when there is none, Retry when the registry is unreachable."""
        if schema_id not in self._schemas:
            answer = self._ask("GET", f"/schemas/ids/{schema_id}")
            if answer is None:
                raise Unreadable(f"模式编号 {schema_id} 没有登记")
            self._schemas[schema_id] = _schema(answer)
        return self._schemas[schema_id]

    def versions(self, subject: str) -> list[tuple[int, Schema]]:
        """All registered (version, schema) of a subject, oldest first; empty when it is unknown."""
        path = f"/subjects/{quote(subject, safe='')}/versions"
        numbers = self._ask("GET", path) or []
        answers = [(number, self._ask("GET", f"{path}/{number}")) for number in sorted(numbers)]
        return [(number, _schema(answer)) for number, answer in answers if answer is not None]

    def register(self, subjects: Iterable[Subject]) -> list[Registered]:
        """Register what is new and set every subject's compatibility; may be repeated. All are checked before the
        first is written. Raises Incompatible, or Retry when the registry is unreachable."""
        todo = [(subject, self._lookup(subject.name, subject.schema)) for subject in subjects]
        fresh = [subject for subject, known in todo if known is None]
        findings = [finding for subject in fresh for finding in check_one(subject, self.versions(subject.name))]
        if findings:
            raise Incompatible(findings)
        return [self._settle(subject, known) for subject, known in todo]

    def _settle(self, subject: Subject, known: int | None) -> Registered:
        name = quote(subject.name, safe="")
        schema_id = known
        if schema_id is None:
            answer = self._ask("POST", f"/subjects/{name}/versions", {"schema": json.dumps(subject.schema)})
            if answer is None:
                raise Stop(f"模式注册中心不接受 {subject.name}:没有这个接口,请检查地址 {self._shown}")
            schema_id = int(answer["id"])
        self._ask("PUT", f"/config/{name}", {"compatibility": subject.compatibility.value})
        return Registered(subject.name, schema_id, known is None)

    def _lookup(self, subject: str, schema: Schema) -> int | None:
        answer = self._ask("POST", f"/subjects/{quote(subject, safe='')}", {"schema": json.dumps(schema)})
        return None if answer is None else int(answer["id"])

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        """The answer, or None for 404."""
        try:
            answer = self._http.request(method, f"{self._url}{path}", json=body)
        except httpx.TransportError as error:
            raise Retry(f"连不上模式注册中心 {self._shown}({type(error).__name__}),请确认它已启动、地址正确") from error
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if answer.is_server_error or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise Retry(f"模式注册中心 {self._shown} 暂时不可用(HTTP {answer.status_code})")
        if not answer.is_success:
            raise Stop(f"模式注册中心 {self._shown} 拒绝了 {method} {path}(HTTP {answer.status_code}):{_why(answer)}")
        try:
            return answer.json()
        except ValueError:
            raise Stop(f"{self._shown} 答的不是 JSON,不像模式注册中心,请检查地址") from None

    @property
    def _shown(self) -> str:
        return str(self._url.copy_with(userinfo=b""))


def _schema(answer: Any) -> Schema:
    """The schema of an answer. Raises Unreadable when it is none of Avro's."""
    try:
        schema: Schema = json.loads(answer["schema"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unreadable("登记的模式不是 Avro 模式") from None
    return schema


def _why(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"]).splitlines()[0][:300]
    except (ValueError, KeyError, TypeError, IndexError):
        return "没有说明"
