"""What the hub shows in the evening against what was planned: every difference in a line."""

from __future__ import annotations

from dataclasses import dataclass, field

from demo.scenario.hub import Answer, Hub
from demo.scenario.plan import Matter, Plan, Telling


@dataclass(slots=True)
class Comparison:
    """Differences, in Chinese, without personal data; and what was counted on the way."""

    differences: list[str] = field(default_factory=list)
    tickets: set[str] = field(default_factory=set)
    alerts: int = 0
    confirmed: int = 0
    linked: int = 0


def compare(plan: Plan, hub: Hub) -> Comparison:
    """Roots, members, final states, alerts, and who has confirmed to know the final state."""
    found = Comparison()
    answers = hub.all(t for _, t in plan.tellings)
    owners: dict[str, Matter] = {}
    for m in plan.matters:
        _matter(m, {t: answers[t] for t in m.tellings}, found, owners)
    return found


def _matter(m: Matter, answers: dict[Telling, Answer | None], found: Comparison, owners: dict[str, Matter]) -> None:
    name = f"{m.root.system}:{m.root.number}" + (f"({m.label})" if m.label else "")
    missing = [f"{t.system}:{t.number}" for t, a in answers.items() if a is None]
    if missing:
        found.differences.append(f"{name}:查不到 {'、'.join(missing)}")
        return
    tickets = {a["ticket_id"] for a in answers.values() if a}
    found.tickets |= tickets
    if len(tickets) > 1:
        found.differences.append(f"{name}:应为一件,分成了 {len(tickets)} 件")
        return
    ticket, answer = tickets.pop(), next(a for a in answers.values() if a)
    if ticket in owners:
        found.differences.append(f"{name}:与另一件 {owners[ticket].root.system}:{owners[ticket].root.number} 误并")
        return
    owners[ticket] = m
    _members(m, name, answer, found)
    if answer["state"] != m.final_state:
        found.differences.append(f"{name}:状态应为 {m.final_state},实为 {answer['state']}")
    _alerts(m, name, answer, found)
    _confirmed(m, name, answer, found)
    _notes(m, name, answer, found)


def _members(m: Matter, name: str, answer: Answer, found: Comparison) -> None:
    members = [(x["system"], x["number"]) for x in answer["members"]]
    if set(members) != {(t.system, t.number) for t in m.tellings}:
        found.differences.append(f"{name}:成员不符,实有 {len(members)} 个")
    elif members[0] != (m.root.system, m.root.number):
        found.differences.append(f"{name}:最早的应是 {m.root.number},实为 {members[0][1]}")


def _alerts(m: Matter, name: str, answer: Answer, found: Comparison) -> None:
    stages = {(a["clock"], a["stage"]) for a in answer["alerts"]}
    found.alerts += len(answer["alerts"])
    planned = {("web-message", s) for s in ("near", "yellow", "red")} if m.overdue else set()
    if stages != planned:
        found.differences.append(f"{name}:预警应为 {sorted(planned)},实为 {sorted(stages)}")


def _confirmed(m: Matter, name: str, answer: Answer, found: Comparison) -> None:
    heard = {
        x["system"]
        for x in answer["tellings"]
        if x["kind"] == "state" and x["result"] == "done" and x["state"] == m.final_state
    }
    found.confirmed += len(heard)
    if heard != m.must_hear():
        found.differences.append(f"{name}:应得知最终状态的 {sorted(m.must_hear())},已确认的 {sorted(heard)}")
    refused = sorted({x["system"] for x in answer["tellings"] if x["result"] == "refused"})
    if refused:
        found.differences.append(f"{name}:{refused} 拒收推送")


def _notes(m: Matter, name: str, answer: Answer, found: Comparison) -> None:
    said = [x["what"] for x in answer["progress"]]
    if m.urged and not any("催办" in what for what in said):
        found.differences.append(f"{name}:催办没有记下")
    if m.rated and not any("评价" in what for what in said):
        found.differences.append(f"{name}:评价没有记下")
