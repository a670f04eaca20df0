"""The systems the hub is joined to: each is a YAML file, loaded and checked once."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mappings.compile import Workbench, is_empty
from mappings.config import SystemFile
from mappings.echo import Echo, EchoRule, compile_echo
from mappings.expressions import Expression
from mappings.inbound import Header, Inbound, Mapped, compile_inbound
from mappings.message import Message
from mappings.outbound import Outbound, compile_outbound
from mappings.tables import CodeTable, load_tables, note_errors
from mappings.yamlfile import YamlFile
from schemas.errors import Stop, Unmappable
from schemas.events.delivery import Delivery

FOLDER = Path(__file__).parent / "systems"
_SETTING = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
# Keys are printed in terminals and stand in addresses: no C0 and C1 (line ends and escapes among them), no line or
# paragraph separator, nothing that turns the direction of text.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class System:
    """One system: what it is, how it is reached, how its words and ours are one another's."""

    name: str
    title: str
    version: int
    kind: str  # sql, soap or webhook
    source: dict[str, Any] | None
    sink: dict[str, Any] | None
    inbound: Inbound
    outbound: Outbound | None
    echo_rule: EchoRule | None
    key: tuple[tuple[str, Expression], ...]
    lacking: tuple[str, ...] = ()  # settings that source or sink name and nobody has given

    @property
    def mapping(self) -> str:
        """Name and version of the mapping, as events carry it."""
        return f"{self.name}@{self.version}"

    def source_key(self, document: Any) -> str:
        """The system's own unique key of the record. Unmappable if the document cannot be identified."""
        if not isinstance(document, dict):
            raise Unmappable("报文应为一个对象")
        parts = []
        for path, read in self.key:
            value = read(document)
            if is_empty(value):
                raise Unmappable("缺少标识字段", field=path)
            if not isinstance(value, str | int) or isinstance(value, bool):
                raise Unmappable("标识字段应为文字或整数", field=path)
            part = str(value)
            if _UNPRINTABLE.search(part):
                raise Unmappable("标识字段含有控制字符", field=path)
            part = part.strip()
            if len(part) > 200:
                raise Unmappable("标识字段过长", field=path)
            parts.append(part)
        return "@".join(parts)

    def echo(self, document: Any) -> Echo | None:
        """Which push of ours the document says it returns; whether it does is the ledger's to say."""
        return self.echo_rule.of_document(document) if self.echo_rule else None

    def own_digest(self, document: Any) -> str | None:
        """A digest of what is the system's own in a record; None: not a record. For `changed_ours_only`."""
        if self.echo_rule is None or not isinstance(document, dict):
            return None
        return self.echo_rule.of_own_part(document)

    def changed_ours_only(self, before: str | None, now: str | None, document: Any) -> bool:
        """Nothing but our writing has changed since the record's `own_digest`, which is `now`, was `before` (None:
        never seen, or no record).

        A record that carries our tag is more than an echo if this is false: the system changed it, and then our
        writing came on top before anybody looked.
        """
        if before is None or now is None or self.echo_rule is None:
            return True
        return self.echo_rule.changed_ours_only(before, now, document)

    def map_inbound(self, document: Any, cause_id: str, body_digest: str, captured_at: int | None = None) -> Mapped:
        """The canonical events of a document, its submission first. Fields that cannot be read are empty and marked,
        times that lie ahead of `captured_at` (ms) too.

        Raises Unmappable(field, Chinese reason) if the record cannot be identified, lacks what is required, or no
        rule fits.
        """
        header = Header(self.name, self.source_key(document), cause_id, body_digest, self.mapping, captured_at)
        return self.inbound.apply(document, header)

    def map_outbound(self, delivery: Delivery) -> Message | None:
        """What to tell the system; None: it is not told of this. Unmappable if it cannot be written."""
        return None if self.outbound is None else self.outbound.render(delivery)


def load_systems(folder: Path, env: Mapping[str, str] | None, only: Collection[str] | None = None) -> dict[str, System]:
    """All systems of the folder (code tables in `../codes`), by name; or only those named.

    `env` fills the ${SETTINGS} of `source` and `sink`; None leaves them as written, for those who only map.
    Stop, naming file, line and remedy, if anything is wrong.
    """
    systems, findings = check(folder, env, only)
    if findings:
        more = f"（另有 {len(findings) - 1} 处，用 santai mapping lint 查看）" if len(findings) > 1 else ""
        raise Stop(findings[0] + more)
    lacking = {name: lacks for name, system in systems.items() if (lacks := system.lacking)}
    if lacking:
        which = "；".join(f"{name}.yaml 要 {'、'.join(lacks)}" for name, lacks in lacking.items())
        remedy = "请设为环境变量（说明见 README 的 Settings 一节）；只接部分系统用 SANTAI_SYSTEMS"
        raise Stop(f"缺少设置：{which}。{remedy}")
    return systems


def lint(folder: Path) -> list[str]:
    """Everything that is wrong with the systems and code tables, one finding a line, settings aside."""
    return check(folder, None, None)[1]


def check(
    folder: Path, env: Mapping[str, str] | None, only: Collection[str] | None
) -> tuple[dict[str, System], list[str]]:
    """The systems that are right, and the findings."""
    tables, findings = load_tables(folder.parent / "codes")
    systems: dict[str, System] = {}
    paths = sorted(path for path in folder.glob("*.yaml") if only is None or path.stem in only)
    if only is not None:
        findings += [
            f"{folder / name}.yaml: 没有这个系统的映射文件" for name in sorted(set(only) - {p.stem for p in paths})
        ]
    elif not paths:
        findings.append(f"{folder}: 没有任何系统的映射文件（*.yaml）")
    for path in paths:
        file = YamlFile.read(path)
        system = None if file.findings else build_system(file, tables, env)
        findings += file.findings
        if system is not None and not file.findings:
            systems[system.name] = system
    return systems, findings


def build_system(file: YamlFile, tables: Mapping[str, CodeTable], env: Mapping[str, str] | None) -> System | None:
    """The system a file describes; None, or of no use, if there are findings in the file."""
    try:
        config = SystemFile.model_validate(file.data)
    except ValidationError as error:
        note_errors(file, error, SystemFile)
        return None
    if config.system != file.path.stem:
        file.find(("system",), f"系统名“{config.system}”应与文件名“{file.path.stem}”一致")
    bench = Workbench(file, config.system, tables)
    paths = [config.source_key] if isinstance(config.source_key, str) else config.source_key
    if not paths:
        file.find(("source_key",), "至少要有一个标识字段")
    key = tuple((path, bench.expression(path, ("source_key",))) for path in paths)
    always = set(config.outbound.always) if config.outbound else set()
    echo = compile_echo(config.echo, always, bench) if config.echo else None
    lacking: dict[str, None] = {}
    return System(
        name=config.system,
        title=config.title,
        version=config.version,
        kind=config.kind,
        source=_settings(config.source, env, lacking),
        sink=_settings(config.sink, env, lacking),
        inbound=compile_inbound(config.inbound, bench),
        outbound=compile_outbound(config.outbound, paths, echo, bench) if config.outbound else None,
        echo_rule=echo,
        key=key,
        lacking=tuple(lacking),
    )


def _settings(value: Any, env: Mapping[str, str] | None, lacking: dict[str, None]) -> Any:
    """The value with its ${NAME} and ${NAME:-default} filled, at any depth; names that nothing fills are noted."""
    if env is None or value is None:
        return value
    if isinstance(value, dict):
        return {key: _settings(inner, env, lacking) for key, inner in value.items()}
    if isinstance(value, list):
        return [_settings(inner, env, lacking) for inner in value]
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        name, default = match.groups()
        found = env.get(name) or default
        if found is None:
            lacking[name] = None
        return str(found or "")

    return _SETTING.sub(fill, value)
