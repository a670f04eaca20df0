"""The people at the four systems: they work in their own system only, and send, insert or write there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from demo.gov_service.server import GovService
from demo.legal_aid.clerk import Clerk
from demo.platforms.client import PlatformClient, Sent
from demo.scenario import messages
from demo.scenario.plan import Matter, Telling

OnSent = Callable[[], None]


class Actors:
    """Everybody who acts in the four systems. `on_sent` is called once for each submission that was handed in."""

    def __init__(self, clients: dict[str, PlatformClient], clerk: Clerk, gov: GovService, on_sent: OnSent) -> None:
        self.clients = clients
        self.clerk = clerk
        self.gov = gov
        self._on_sent = on_sent
        self._rows: dict[str, int] = {}
        self._cases: dict[str, dict[str, str]] = {}
        self._held = ExitStack()

    def tell(self, tellings: Iterable[tuple[Matter, Telling]]) -> None:
        """Hand in submissions, each in its own system. Raises RuntimeError when a platform's message was refused."""
        todo: dict[str, list[tuple[Matter, Telling]]] = {}
        for m, t in tellings:
            todo.setdefault(t.system, []).append((m, t))
        self._send("12345", [messages.hotline_ticket(m, t) for m, t in todo.get("12345", [])], count=True)
        self._send("web", [messages.web_case(m, t) for m, t in todo.get("web", [])], count=True)
        for m, t in todo.get("legal-aid", []):
            self._rows[t.number] = self.clerk.file(messages.legal_aid_row(m, t), update_date=_plain(t.received_at))
            self._on_sent()
        cases = {t.number: messages.gov_case(m, t) for m, t in todo.get("gov-service", [])}
        if cases:
            self._cases.update(cases)
            self.gov.add_cases(list(cases.values()))
            for _ in cases:
                self._on_sent()

    def hold_back(self, m: Matter, t: Telling) -> None:
        """A window clerk writes an application, and the transaction stays open."""
        late = self.clerk.filed_late(messages.legal_aid_row(m, t), update_date=_plain(t.received_at))
        self._rows[t.number] = self._held.enter_context(late)

    def commit_held(self) -> None:
        """The late transactions end."""
        self._held.close()
        self._on_sent()

    def move(self, moves: Iterable[tuple[Matter, str, datetime]]) -> None:
        """The handling system brings matters to a state."""
        hotline: list[dict[str, Any]] = []
        web: list[dict[str, Any]] = []
        gov: list[dict[str, str]] = []
        for m, state, at in moves:
            t = m.handler
            word = messages.state_word(t.system, state)
            if t.system == "12345":
                hotline.append(messages.hotline_note(t, "zt", state, at, zt=word))
            elif t.system == "web":
                web.append(messages.web_note(t, "state", state, at, state=word))
            elif t.system == "legal-aid":
                self.clerk.move(self._rows[t.number], word, update_date=_plain(at))
            else:
                gov.append(self._next_version(t, handle_status=word, handle_time=messages.local(at)))
        self._send("12345", hotline)
        self._send("web", web)
        if gov:
            self.gov.add_cases(gov)

    def urge(self, matters: Iterable[tuple[Matter, datetime]]) -> None:
        """Citizens press for progress, on the hotline or on the web."""
        hotline: list[dict[str, Any]] = []
        web: list[dict[str, Any]] = []
        for m, at in matters:
            t = self._speaks(m)
            if t.system == "12345":
                hotline.append(messages.hotline_note(t, "cb", "1", at, czsm="请尽快办理"))
            else:
                web.append(messages.web_note(t, "urged", "1", at, note="请尽快办理"))
        self._send("12345", hotline)
        self._send("web", web)

    def rate(self, matters: Iterable[tuple[Matter, datetime]]) -> None:
        """Citizens rate where they like: at any of the systems they told."""
        hotline: list[dict[str, Any]] = []
        web: list[dict[str, Any]] = []
        gov: list[dict[str, str]] = []
        for m, at in matters:
            t, grade = self._speaks(m), messages.grade_word(m.rated or 5)
            words = "等得太久,没有人回电话" if m.rated == 2 else ""
            if t.system == "12345":
                hotline.append(messages.hotline_note(t, "pj", "1", at, pjdj=grade, czsm=words))
            elif t.system == "web":
                web.append(messages.web_note(t, "rated", "1", at, grade=grade, note=words))
            elif t.system == "gov-service":
                rating = {"satisfaction": str(m.rated), "assess_number": f"PJ{t.number}", "writing_evaluation": words}
                gov.append(self._next_version(t, **rating, assess_time=messages.local(at)))
        self._send("12345", hotline)
        self._send("web", web)
        if gov:
            self.gov.add_cases(gov)

    def can_rate(self, m: Matter) -> bool:
        """The legal-aid system has no place for ratings."""
        return self._speaks(m).system != "legal-aid"

    def close(self) -> None:
        """Go home."""
        self._held.close()
        for client in self.clients.values():
            client.close()
        self.clerk.close()

    def _speaks(self, m: Matter) -> Telling:
        return next((t for t in m.tellings if t.system in ("12345", "web")), m.tellings[0])

    def _next_version(self, t: Telling, **fields: str) -> dict[str, str]:
        case = self._cases[t.number]
        case = self._cases[t.number] = {**case, **fields, "data_ver": str(int(case["data_ver"]) + 1)}
        return case

    def _send(self, system: str, notes: list[dict[str, Any]], *, count: bool = False) -> None:
        def sent(one: Sent) -> None:
            if not one.accepted:
                raise RuntimeError(f"{system}: {one.status} {one.answer}")
            if count:
                self._on_sent()

        self.clients[system].send_many(notes, on_sent=sent)


def _plain(at: datetime) -> datetime:
    return at.replace(tzinfo=None)
