"""Records nobody would wish for, each its own matter: to be decided without a crash or a merge by accident."""

from __future__ import annotations

from collections.abc import Callable

from bench.matching import noise
from bench.matching.scene import Scene, World
from bench.matching.systems import DAY
from bench.matching.telling import How, Line, Told

_FREE = (
    "kind", "agent", "family", "item", "purpose", "counterparty", "case_no", "doc_no", "incident_date", "title", "text",
    "related_numbers", "parent_no", "confidential", "anonymous", "person", "system", "channel", "source_id",
)  # fmt: skip
_SCRIPTS = (
    "Иванов Иван Иванович", "김민수", "さくら花子", "Nguyễn Văn A", "محمد", "👨‍👩‍👧‍👦", "ＡＢＣ１２３", "Z͑ͫ̓ͪ̂ͫ̽A̴̵̜̰͔ͫ͗͢L",
    "\u200b\u200b", "\u202e张三", "张\u0000三", "　", " \t\n", "null", "NULL", "None", "undefined",
    "不详", "无", "/", "-", "0", "测试", "先生", "女士",
)  # fmt: skip
_JUNK_IDS = (
    "000000000000000000", "111111111111111111", "123456789012345678", "2.30103E+17", "230103", "无", "身份证", "*" * 18,
    "23010319800101", "X" * 18, "99999919000101001X", "护照E12345678", "91230100MA0000000", "230103198013450011",
)  # fmt: skip
_JUNK_PHONES = (
    "00000000000", "11111111111", "13800000000", "12345", "12348", "110", "0451-", "无", "同上", "1", "139",
    "13900001111,13900002222;13900003333/13900004444、13900005555 13900006666", "13912345678" * 40,
    "转8001", "微信同号", "********", "138****0000",
)  # fmt: skip
_JUNK_DATES = ("0000-00-00", "1900-01-01", "00000000", "2099-12-31", "2026-02-30", "去年", "46000", "2026年13月", "")


def anything(w: World, s: Scene) -> None:
    """One to four broken records, told of matters that have nothing to do with each other."""
    draw = w.draw
    spoil = draw.pick(_KINDS)
    told: list[Told] = []
    for _ in range(draw.between(1, 4)):
        matter = w.matters.matter(s.at)
        told.append(s.tell(w.new(), matter, w.anywhere(matter), s.at + draw.between(0, 3 * DAY), How()))
    for one in told:
        spoil(w, one.line, told)


def _empty(w: World, line: Line, told: list[Told]) -> None:
    for field in _FREE:
        line[field] = None


def _gaps(w: World, line: Line, told: list[Told]) -> None:
    for field in _FREE:
        if w.draw.chance(0.5):
            line[field] = None
        elif w.draw.chance(0.2) and field not in ("system", "source_id", "person"):
            del line[field]


def _long(w: World, line: Line, told: list[Told]) -> None:
    unit = w.draw.pick(("长", "拖欠工资", "a", "1", "，", "\n", "张三", "😀"))
    for field in ("title", "text", "item", "purpose", "case_no", "doc_no"):
        if w.draw.chance(0.5):
            line[field] = unit * w.draw.between(500, 8000)
    line["person"]["name"] = unit * w.draw.between(1, 2000)


def _scripts(w: World, line: Line, told: list[Told]) -> None:
    line["person"]["name"] = w.draw.pick(_SCRIPTS)
    line["title"], line["text"] = w.draw.pick(_SCRIPTS), "".join(w.draw.pick(_SCRIPTS) for _ in range(5))
    line["counterparty"] = {"name": w.draw.pick(_SCRIPTS), "id_number": None, "phone": None}


def _junk_numbers(w: World, line: Line, told: list[Told]) -> None:
    line["person"]["id_number"] = w.draw.pick(_JUNK_IDS)
    line["person"]["phone"] = w.draw.pick(_JUNK_PHONES)
    line["incident_date"] = w.draw.pick(_JUNK_DATES)


def _displaced(w: World, line: Line, told: list[Told]) -> None:
    """The ID number in the name, the phone in the ID number, the name in the phone."""
    person = line["person"]
    name, number, phone = person["name"], w.people.person().id_number, person["phone"]
    person["name"], person["id_number"], person["phone"] = w.draw.pick(
        (
            (number, None, phone),
            (f"{name}{number}", None, None),
            (name, phone, number),
            (phone, name, None),
            (number, number, number),
        )
    )


def _masked(w: World, line: Line, told: list[Told]) -> None:
    """All behind asterisks, and alike behind them."""
    who = w.people.person(region=line["person"]["region"] if str(line["person"]["region"]) in w.words.regions else None)
    shared = told[0].line["person"]["name"] or "张三"
    line["person"].update(
        name=f"{shared[:1]}{w.draw.pick(('*', '**', '某某', '先生'))}",
        id_number=w.draw.pick((noise.masked_id(who.id_number), "230***********001X", None)),
        phone=w.draw.pick((noise.masked_phone(who.phone), "138****5678")),
    )
    line["counterparty"] = None


def _references(w: World, line: Line, told: list[Told]) -> None:
    """Numbers that point to themselves, in a circle, to nothing, to nowhere."""
    itself = f"{line['system']}:{line['source_id']}"
    ring = [one.reference for one in told]
    line["related_numbers"] = w.draw.pick(
        (
            [itself],
            ring,
            ring * 50,
            ["12345:GD00000000"],
            ["", ":", "::", "12345:", ":GD1"],
            ["没有"],
            [itself, "x" * 5000],
        )
    )
    line["parent_no"] = w.draw.pick((itself, ring[-1], "gov-service:none", "", None))


def _same_source(w: World, line: Line, told: list[Told]) -> None:
    """A system that gives a number twice, and somebody who quotes it."""
    line["system"], line["source_id"] = told[0].line["system"], told[0].line["source_id"]
    if line is told[-1].line and len(told) > 2:
        line["source_id"] += "1"
        line["related_numbers"] = [told[0].reference]


def _blank_twins(w: World, line: Line, told: list[Told]) -> None:
    """Nothing of a person, and the same words each time."""
    line["person"] = {"type": "natural", "name": None, "id_number": None, "phone": None, "region": None}
    line["title"], line["text"] = told[0].line["title"], told[0].line["text"]
    line["counterparty"] = told[0].line["counterparty"]


def _same_junk(w: World, line: Line, told: list[Told]) -> None:
    """Place holders that everybody types."""
    number, phone = _JUNK_IDS[len(told) % 3], _JUNK_PHONES[len(told) % 4]
    line["person"].update(
        id_number=number, phone=phone, name=w.draw.pick(("测试", "无", "匿名", "先生", line["person"]["name"]))
    )


_KINDS: tuple[Callable[[World, Line, list[Told]], None], ...] = (
    _empty, _gaps, _long, _scripts, _junk_numbers, _displaced, _masked, _references, _same_source, _blank_twins,
    _same_junk,
)  # fmt: skip
