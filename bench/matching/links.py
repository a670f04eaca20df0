"""Cases 8 to 13: another record, not another telling; linked to what it belongs to, with a matter of its own."""

from __future__ import annotations

from dataclasses import replace

from bench.matching.matters import Matter
from bench.matching.people import Person
from bench.matching.scene import Scene, World
from bench.matching.systems import DAY, HOTLINES, HOUR, OFFICES
from bench.matching.telling import How, Told


def _first(w: World, s: Scene) -> tuple[Matter, Told, tuple[Told, ...]]:
    """A matter, its first record, others of it; some people have another matter beside it."""
    draw, number = w.draw, w.new()
    matter = w.matters.matter(s.at)
    system = w.anywhere(matter)
    told = s.tell(
        number, matter, system, s.at, How(sure=True, phone="own", id_number="" if system in HOTLINES else "full")
    )
    others = []
    if draw.chance(0.2):
        how = How(sure=True, phone="own", id_number="full")
        others.append(s.tell(number, matter, w.office(matter), s.at + draw.between(HOUR, 20 * HOUR), how))
    if draw.chance(0.15):
        other = w.matters.matter(s.at, person=matter.person, not_in={matter.family, "forensic"})
        s.tell(w.new(), other, w.anywhere(other), s.at + draw.between(HOUR, 4 * DAY), How(sure=True, phone="own"))
    return matter, told, tuple(others)


def _about(w: World, told: Told, how: How) -> How:
    """Quoting the number, or known by person and topic only."""
    draw, way = w.draw, w.draw.random()
    if way < 0.45:
        how.related = (told.reference,)
        how.quoted = told.number if draw.chance(0.4) else ""
    elif way < 0.7:
        how.quoted = told.number
    how.sure = True
    how.phone = "own" if way >= 0.7 or draw.chance(0.8) else "none"
    how.family = None if draw.chance(0.5) else True
    return how


def pressing(w: World, s: Scene) -> None:
    """催办, a question about progress, something to add."""
    draw = w.draw
    matter, told, others = _first(w, s)
    at = max(x.at for x in (told, *others))
    for _ in range(1 + draw.chance(0.25)):
        at += draw.between(DAY, 9 * DAY)
        words, kind = draw.pick((("urge", "follow-up"), ("progress", "progress"), ("supplement", "supplement")))
        how = _about(w, told, How(kind=kind, words=words))
        system = w.hotline() if draw.chance(0.75) else "web"
        s.tell(w.new(), matter, system, at, how, link=("follow-up", told), others=others)
    if draw.chance(0.5):
        s.life(told, after=at - told.at + 3 * DAY)


def reopened(w: World, s: Scene) -> None:
    """Closed, and the citizen does not find it solved."""
    draw = w.draw
    matter, told, others = _first(w, s)
    closed = s.life(told, "CLOSED" if draw.chance(0.85) else "ARCHIVED")
    how = _about(w, told, How(kind="follow-up" if draw.chance(0.4) else "application", words="reopen"))
    s.tell(
        w.new(), matter, w.hotline(), closed + draw.between(DAY, 20 * DAY), how, link=("reopen", told), others=others
    )


def about_the_handling(w: World, s: Scene) -> None:
    """A complaint about who handles it."""
    draw = w.draw
    matter, told, others = _first(w, s)
    s.status(told, "ACCEPTED", told.at + DAY)
    how = _about(w, told, How(kind="complaint", words="handling"))
    s.tell(
        w.new(),
        matter,
        w.hotline(),
        told.at + draw.between(2 * DAY, 25 * DAY),
        how,
        link=("complaint", told),
        others=others,
    )


def one_incident(w: World, s: Scene) -> None:
    """Advice, then legal aid, then an examination: three services for one thing that happened."""
    draw = w.draw
    cause = draw.pick(("traffic", "injury", "assault", "medical"))
    aid = w.matters.matter(s.at, family="legal-aid", cause=cause)
    asked = How(kind="consultation", sure=True, phone="own", facts={"kind": "consultation"})
    first = s.tell(w.new(), aid, w.hotline(), s.at, asked)
    at = s.at + draw.between(2 * HOUR, 12 * DAY)
    dated = {"incident_date": aid.began} if draw.chance(0.4) else {}
    known = How(sure=True, id_number="full", phone="own", facts=dict(dated))
    second = s.tell(w.new(), aid, "legal-aid" if draw.chance(0.6) else "web", at, known, link=("incident", first))
    if draw.chance(0.6):
        exam = w.matters.matter(s.at, family="forensic", person=aid.person)
        wanted = "medical" if cause == "medical" else draw.pick(("disability", "period", "care"))
        exam = replace(exam, cause=cause, exam=wanted, opponent=aid.opponent, began=aid.began, fixed={})
        how = How(sure=True, id_number="full", facts={"incident_date": aid.began})
        s.tell(
            w.new(),
            exam,
            "forensic",
            at + draw.between(2 * DAY, 40 * DAY),
            how,
            link=("incident", second),
            others=(first,),
        )


def both_sides_apply(w: World, s: Scene) -> None:
    """One dispute, and each side asks for mediation."""
    draw = w.draw
    cause = draw.pick(("neighbour", "traffic", "loan", "land", "assault", "divorce", "inherit", "rent"))
    matter = w.matters.matter(s.at, family="mediation", cause=cause)
    other = replace(matter, person=opponent_of(matter), opponent=w.parties.of_person(matter.person), fixed={})
    first = s.tell(w.new(), matter, _mediators(w), s.at, How(sure=True, opponent="field", name="exact", phone="own"))
    how = How(sure=True, opponent="field", name="exact", phone="own")
    s.tell(w.new(), other, _mediators(w), s.at + draw.between(HOUR, 10 * DAY), how, link=("opponent", first))


def examined_again(w: World, s: Scene) -> None:
    """A supplementary or a new examination."""
    draw = w.draw
    matter = w.matters.matter(s.at, family="forensic")
    first = s.tell(w.new(), matter, OFFICES["forensic"], s.at, How(sure=True, id_number="full"))
    done = s.life(first)
    matter = replace(matter, fixed={})
    how = How(sure=True, id_number="full", words="again", related=(first.reference,) if draw.chance(0.3) else ())
    s.tell(w.new(), matter, OFFICES["forensic"], done + draw.between(3 * DAY, 60 * DAY), how, link=("child", first))


def opponent_of(matter: Matter) -> Person:
    """The person on the other side; ValueError when it is none."""
    if matter.opponent is None or matter.opponent.person is None:
        raise ValueError("the opponent is not a person")
    return matter.opponent.person


def _mediators(w: World) -> str:
    return w.draw.pick(("mediation", "mediation", "web", "window"))
