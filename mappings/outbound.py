"""A delivery to a system's own words. The delivery, its member and the parts of the member's source key are what
expressions can read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

from mappings.compile import Workbench, alternatives, as_spec, is_empty
from mappings.config import OutboundConfig, Spec
from mappings.echo import EchoRule
from mappings.expressions import Expression, comparisons, is_true, parse
from mappings.message import Message
from mappings.problems import FieldProblem
from mappings.tables import TARGETS
from mappings.vocabulary import DeliveryKind
from mappings.yamlfile import Where, did_you_mean
from schemas.errors import Unmappable
from schemas.events.delivery import Delivery

_NAMES = frozenset(field.name for field in fields(Delivery)) | {"key"}
_VOCABULARIES = {"kind": "delivery_kind", "state": "state", "family": "family"}

Writer = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class CompiledTell:
    """One way to tell: which deliveries, which operation, and its fields with their paths."""

    states: frozenset[str] | None
    holds: Expression | None
    operation: str
    body: tuple[tuple[tuple[str, ...], str, Writer], ...]

    def render(self, view: dict[str, Any], echo: EchoRule | None) -> Message:
        """The message. Unmappable if a field cannot be written."""
        body: dict[str, Any] = {}
        flat: dict[str, Any] = {}
        for path, name, write in self.body:
            try:
                value = flat[name] = write(view)
            except FieldProblem as error:
                raise Unmappable(error.reason, field=name) from None
            place = body
            for step in path[:-1]:
                place = place.setdefault(step, {})
            place[path[-1]] = value
        return Message(self.operation, body, echo.of_written(flat) if echo else None)


@dataclass(frozen=True)
class Outbound:
    """All ways to tell one system."""

    key_parts: tuple[str, ...]
    holds: Expression | None
    tells: dict[str, tuple[CompiledTell, ...]]  # by kind
    echo: EchoRule | None

    def render(self, delivery: Delivery) -> Message | None:
        """The system's message; None: it is not told of this."""
        tells = self.tells.get(delivery.kind)
        if not tells:
            return None
        view = self._view(delivery)
        if self.holds is not None and not is_true(self.holds(view)):
            return None
        for tell in tells:
            if tell.states is not None and delivery.state not in tell.states:
                continue
            if tell.holds is None or is_true(tell.holds(view)):
                return tell.render(view, self.echo)
        return None

    def _view(self, delivery: Delivery) -> dict[str, Any]:
        view = {name: getattr(delivery, name) for name in _NAMES if name != "key"}
        if delivery.dossier is not None:
            view["dossier"] = [asdict(earlier) for earlier in delivery.dossier.earlier]
        if delivery.member is not None:
            view["member"] = asdict(delivery.member)
            parts = delivery.member.source_key.rsplit("@", len(self.key_parts) - 1)
            view["key"] = dict(zip(self.key_parts, parts, strict=False))
        return view


def compile_outbound(config: OutboundConfig, key: list[str], echo: EchoRule | None, bench: Workbench) -> Outbound:
    """Compile what a system is told; findings go to the bench's file."""
    tells: dict[str, list[CompiledTell]] = {kind: [] for kind in DeliveryKind}
    for index, tell in enumerate(config.tell):
        where: Where = ("outbound", "tell", index)
        body = []
        for name, written in {**config.always, **tell.body}.items():
            spot = (*where, "body", name) if name in tell.body else ("outbound", "always", name)
            states = tell.states if DeliveryKind.STATE in tell.kinds else None
            body.append((tuple(name.split(".")), name, _writer(as_spec(written), bench, spot, states)))
        compiled = CompiledTell(
            states=None if tell.states is None else frozenset(map(str, tell.states)),
            holds=None if tell.when is None else _condition(tell.when, bench, (*where, "when")),
            operation=tell.operation,
            body=tuple(body),
        )
        for kind in tell.kinds:
            tells[kind].append(compiled)
    holds = None if config.when is None else _condition(config.when, bench, ("outbound", "when"))
    return Outbound(
        tuple(part.rpartition(".")[2] for part in key),
        holds,
        {kind: tuple(found) for kind, found in tells.items()},
        echo,
    )


def _condition(source: str, bench: Workbench, where: Where) -> Expression:
    before = len(bench.file.findings)
    holds = bench.expression(source, where, _NAMES)
    if len(bench.file.findings) == before:
        for name, word in comparisons(parse(source)):
            known = TARGETS.get(_VOCABULARIES.get(name, "word"))
            if known is not None and word not in known:
                bench.file.find(where, f"“{name}”不会是“{word}”{did_you_mean(word, map(str, known))}")
    return holds


def _writer(spec: Spec, bench: Workbench, where: Where, states: list[Any] | None) -> Writer:
    steps = []
    flat = alternatives(spec)
    for one in flat:
        origin = bench.origin(one, where, _NAMES)
        transform = None
        if isinstance(one.as_, str):
            transform = bench.transform(one.as_, (*where, "as"))
        elif one.as_ is not None:
            bench.file.find((*where, "as"), "对外映射的 as 只能写转换名")
        table = bench.table(one.code, (*where, "code")) if one.code else None
        if table is not None and len(flat) == 1 and spec.default is None:
            wanted = set(map(str, states)) if states and table.target == "state" else None
            lacking = [word for word in table.unwritable() if wanted is None or word in wanted]
            if lacking:
                bench.file.find((*where, "code"), f"代码表“{table.name}”写不出：{'、'.join(lacking)}")
        steps.append((origin, transform, table))
    default = next((one.default for one in flat if one.default is not None), None)

    def write(view: dict[str, Any]) -> Any:
        for origin, transform, table in steps:
            value = origin(view)
            if is_empty(value):
                continue
            if transform is not None:
                value = transform(value)
            if table is not None:
                value = table.write(value)
            if value is not None:
                return value
        return default

    return write
