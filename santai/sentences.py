"""Events of a ticket's story as Chinese sentences; shared by progress answers and the trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from santai.projector.numbers import Name
from santai.projector.reading import Entry
from santai.words import Words, clock_time


class Waiting(Protocol):
    """A push that is not settled, as the ledger has it."""

    @property
    def system(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def state(self) -> str | None: ...
    @property
    def status(self) -> str: ...
    @property
    def attempts(self) -> int: ...
    @property
    def created_at(self) -> int: ...


def waiting_result(push: Waiting) -> str:
    """`planned` never tried, `retry` to be tried again, `sending`, `unknown`."""
    return "retry" if push.status == "planned" and push.attempts else push.status


class Narrator:
    """Tells entries of one ticket's file. Numbers are said with their systems; nothing personal is known here."""

    def __init__(self, words: Words, names: Mapping[str, Name]) -> None:
        self._words = words
        self._names = names

    def name(self, submission_id: str | None) -> str:
        """A submission (or the ticket that began with it) by its system and number; its id when nothing is known."""
        found = self._names.get(submission_id or "")
        return f"{self._words.system(found.system)} {found.shown}" if found else submission_id or ""

    def system_of(self, entry: Entry) -> str | None:
        """The system by which it happened."""
        by = self._names.get(entry.submission_id or "")
        return entry.system or (by.system if by else None)

    def system(self, entry: Entry) -> str:
        """Its title."""
        return self._words.system(self.system_of(entry))

    def tell(self, entry: Entry) -> str:
        """One sentence. An event of a type not known here is told by its name."""
        teller = self._TELLERS.get(entry.type)
        return teller(self, entry) if teller else entry.type

    def why(self, entry: Entry) -> str:
        """The reasons that the event gives, or an empty text."""
        return self._words.reasons(entry.detail.get("reasons"))

    def _opened(self, entry: Entry) -> str:
        said = entry.detail
        facts = [self._words.family(said.get("family")), self._words.kind(said.get("kind"))]
        marks = "（" + "，".join(fact for fact in facts if fact) + "）" if any(facts) else ""
        return f"登记立件{marks}" + ("，紧急" if said.get("urgent") else "")

    def _attached(self, entry: Entry) -> str:
        return f"{self.name(entry.submission_id)} 并入：与 {self.name(entry.detail.get('to_submission'))} 是同一件事"

    def _linked(self, entry: Entry) -> str:
        kind = self._words.link(entry.detail.get("link_kind"))
        return f"{self.name(entry.submission_id)} 与 {self.name(entry.detail.get('to_submission'))} 关联：{kind}"

    def _review(self, entry: Entry) -> str:
        other = self.name(entry.detail.get("to_submission"))
        return f"{self.name(entry.submission_id)} 与 {other} 是否同一件事，待人工核实"

    def _decided(self, entry: Entry) -> str:
        said, other = entry.detail, self.name(entry.detail.get("to_submission"))
        word = "是同一件事" if said.get("same") else "不是同一件事"
        reason = f"（{said['reason']}）" if said.get("reason") else ""
        return f"工作人员 {said.get('by', '')} 裁定：{self.name(entry.submission_id)} 与 {other} {word}{reason}"

    def _moved(self, entry: Entry) -> str:
        who, before, after = entry.submission_id, entry.detail.get("from_ticket"), entry.detail.get("to_ticket")
        if before == who:
            return f"{self.name(who)} 并入 {self.name(after)}"
        if after == who:
            return f"{self.name(who)} 从 {self.name(before)} 分出，单独办理"
        return f"{self.name(who)} 从 {self.name(before)} 转入 {self.name(after)}"

    def _state(self, entry: Entry) -> str:
        if entry.detail.get("state") == "MERGED":
            return f"{self.name(entry.ticket_id)} 已并入 {self.name(entry.detail.get('merged_into'))}"
        return f"{self._words.state(entry.detail.get('previous'))} → {self._words.state(entry.detail.get('state'))}"

    def _noted(self, entry: Entry) -> str:
        said = entry.detail
        what = self._words.note(said.get("what"))
        if said.get("state"):
            return f"{what}：{self._words.state(said['state'])}"
        if said.get("what") == "rating" and not said.get("grade"):
            return f"{what}（等级代码不认识）"
        if said.get("grade"):
            return f"{what}：{self._words.grade(said['grade'])}"
        if "satisfied" in said:
            return f"{what}：{'满意' if said['satisfied'] else '不满意'}"
        return what

    def _told(self, entry: Entry) -> str:
        return self.telling({**entry.detail, "system": entry.system})

    def waiting(self, push: Waiting, reason: str = "") -> str:
        """What a system has not been told yet, since when, and how the last try ended."""
        state = f"（{self._words.state(push.state)}）" if push.state else ""
        tries = f"，已试 {push.attempts} 次" if push.attempts else ""
        what, result = f"{self._words.delivery(push.kind)}{state}", self._words.result(waiting_result(push))
        said = f"告知{self._words.system(push.system)}“{what}”——{result}，{clock_time(push.created_at)} 起{tries}"
        return f"{said}：{reason}" if reason else said

    def telling(self, said: Mapping[str, Any]) -> str:
        """What a system was told, and what became of it."""
        state = f"（{self._words.state(said.get('state'))}）" if said.get("state") else ""
        reason = f"：{said['reason']}" if said.get("reason") else ""
        what = f"{self._words.delivery(said.get('kind'))}{state}"
        return f"告知{self._words.system(said.get('system'))}“{what}”——{self._words.result(said.get('result'))}{reason}"

    def alert(self, said: Mapping[str, Any]) -> str:
        """A clock that reached a stage."""
        open_end = "（暂定）" if said.get("provisional") else ""
        clock, stage = self._words.clock(said["clock"]), self._words.stage(said["stage"])
        return f"{stage}：{clock}，期限 {clock_time(said['due_at'])}{open_end}"

    _TELLERS: Mapping[str, Callable[[Narrator, Entry], str]] = {
        "TicketOpened": _opened,
        "SubmissionAttached": _attached,
        "SubmissionLinked": _linked,
        "ReviewAsked": _review,
        "DossierChanged": lambda _self, _entry: "当事人的档案有更新",
        "ReviewDecided": _decided,
        "SubmissionMoved": _moved,
        "TicketStateChanged": _state,
        "TicketNoted": _noted,
        "TicketTold": _told,
    }
