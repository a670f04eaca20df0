"""Cases 14 to 19: alike, and yet two matters."""

from __future__ import annotations

from dataclasses import replace

from bench.matching.matters import APART, CAUSES, Matter
from bench.matching.scene import Scene, World
from bench.matching.systems import COUNTERS, DAY, HOTLINES, HOUR, OFFICES
from bench.matching.telling import How

_SEEN = How(sure=True, id_number="full", phone="own")


def second_notarisation(w: World, s: Scene) -> None:
    """The same item for another purpose or country, another document for the same country, another house, a year on."""
    draw = w.draw
    first = w.matters.matter(s.at, family="notary")
    other = replace(first, fixed={})
    apart = draw.between(0, 12 * DAY)
    notary = w.words.notary
    way = draw.below(4)
    if not first.abroad:
        if way == 3:
            other.document, other.use = draw.pick([(d, "sale") for d in ("entrust", "gift") if d != first.document])
        while other.estate == first.estate:
            other.estate = w.matters.estate(first.person, other.use)
    elif way == 0:
        other.document = draw.pick(
            [d for d in notary["docs"] if d not in (first.document, "entrust", "heir", "will", "gift")]
        )
    elif way == 1:
        other.abroad = draw.pick([c for c in w.teller.common.countries if c != first.abroad])
    elif way == 2:
        other.use = draw.pick([u for u in ("study", "work", "family", "settle", "wed") if u != first.use])
    else:
        apart = draw.between(330, 420) * DAY
    told = []
    for matter, at in ((first, s.at), (other, s.at + apart)):
        number = w.new()
        for n in range(1 + draw.chance(0.3)):
            system = draw.pick(("notary", "gov-service", "web", "window"))
            told.append(s.tell(number, matter, system, at + n * draw.between(HOUR, 2 * DAY), replace(_SEEN)))
    if apart > 100 * DAY:
        s.life(told[0], after=20 * DAY)


def one_household(w: World, s: Scene) -> None:
    """A couple or siblings on one phone with claims of their own, often against the same firm."""
    draw = w.draw
    cause = draw.pick(("wages", "injury", "consumer", "overtime", "insurance", "dismissal", "traffic"))
    first = w.matters.matter(s.at, cause=cause)
    couple = draw.chance(0.45)
    people = [first.person]
    people += [
        w.people.relative(first.person, sex=not first.person.male if couple else None)
        for _ in range(1 + draw.chance(0.3))
    ]
    at = s.at
    for person in people:
        matter = replace(first, person=person, fixed={})
        if draw.chance(0.3):
            matter = w.matters.about(person, first.family, cause, first.began)
        number = w.new()
        for n in range(1 + draw.chance(0.35)):
            system = w.hotline() if n or draw.chance(0.5) else w.office(matter)
            how = How(
                sure=True,
                phone="own",
                name="exact" if system in HOTLINES else "",
                id_number="" if system in HOTLINES else "full",
            )
            s.tell(number, matter, system, at, how)
            at += draw.between(300, 3 * DAY)


def wage_claims_of_a_group(w: World, s: Scene) -> None:
    """Many against one employer: each a matter, the record of the group, which one of them speaks for, another."""
    draw = w.draw
    first = w.matters.matter(s.at, cause="wages", family="legal-aid")
    n = draw.between(3, 12)
    first.count = n
    how = How(kind="application", words="group", phone="own", sure=True, name="exact")
    group = s.tell(w.new(), first, draw.pick(("12345", "window", "12348")), s.at, how)
    one_phone = draw.chance(0.4)
    at = s.at
    for _ in range(n - 1):
        person = w.people.person(region=first.person.region)
        yuan = max(1000, first.yuan + draw.between(-3000, 3000))
        matter = replace(first, person=person, yuan=yuan, fixed={})
        how = How(sure=True, id_number="full" if draw.chance(0.8) else "none", name="exact", phone="own")
        how.phone_is = first.person.phone if one_phone else ""
        how.related = (group.reference,) if draw.chance(0.3) else ()
        at += draw.between(60, HOUR)
        s.tell(w.new(), matter, draw.pick(("legal-aid", "window")), at, how)


def many_clients(w: World, s: Scene) -> None:
    """One lawyer's or justice office's phone on many clients with cases of one kind."""
    draw = w.draw
    cause = draw.pick(("wages", "traffic", "injury", "divorce", "loan", "insurance"))
    agent = w.agent("lawyers" if draw.chance(0.6) else "officers", w.people.person().region)
    firm = (
        w.parties.firm(w.words.regions[agent.person.region][0])
        if draw.chance(0.3) and CAUSES[cause][0] == "firm"
        else None
    )
    at = s.at
    for _ in range(draw.between(3, 14)):
        person = w.people.person(region=agent.person.region)
        matter = w.matters.matter(at, cause=cause, person=person)
        if firm is not None:
            matter.opponent = firm
        how = How(
            sure=True,
            name="exact",
            id_number="full" if draw.chance(0.55) else "none",
            phone="own",
            phone_is=agent.person.phone,
        )
        if draw.chance(0.35):
            how = replace(how, agent=agent, agent_calls=True)
        s.tell(w.new(), matter, w.anywhere(matter), at, how)
        at += draw.between(HOUR, 12 * DAY)


def namesakes(w: World, s: Scene) -> None:
    """The same name in the same county, born on other days; now and then against the same firm."""
    draw = w.draw
    first = w.matters.matter(s.at)
    other = w.people.person(like=first.person)
    if first.document or first.exam or draw.chance(0.5):
        second = replace(first, person=other, fixed={})
    else:
        second = w.matters.about(other, first.family, first.cause, w.teller.day(max(0, s.at - 30 * DAY)))
    at = s.at
    for matter in (first, second):
        number = w.new()
        for n in range(1 + draw.chance(0.3)):
            system = w.office(matter) if n == 0 else w.anywhere(matter)
            seen = system not in HOTLINES
            s.tell(
                number,
                matter,
                system,
                at,
                replace(_SEEN, id_number="full" if seen else "", phone="" if seen else "own"),
            )
            at += draw.between(HOUR, 8 * DAY)


def two_quarrels(w: World, s: Scene) -> None:
    """One person against two opponents, near-alike firms among them; or against one for two causes."""
    draw = w.draw
    if draw.chance(0.6):
        first = w.matters.matter(
            s.at, cause=draw.pick(("wages", "loan", "consumer", "goods", "traffic", "rent", "injury"))
        )
        second = replace(first, fixed={}, yuan=first.yuan + draw.between(500, 9000))
        opponent = first.opponent
        if opponent is not None and opponent.kind == "firm" and draw.chance(0.6):
            second.opponent = w.parties.near(opponent)
        else:
            while second.opponent == opponent:
                second.opponent = w.parties.of_kind(CAUSES[first.cause][0], first.person.region)
    else:
        one, two = draw.pick(APART)
        served = set(CAUSES[one][1]) & set(CAUSES[two][1])
        family = draw.pick(sorted(served))
        first = w.matters.matter(s.at, family=family, cause=one)
        second = w.matters.about(first.person, family, two, first.began, first.opponent)
    at = s.at
    for matter in (first, second):
        number = w.new()
        for n in range(1 + draw.chance(0.25)):
            system = w.office(matter) if n == 0 else w.anywhere(matter)
            how = replace(
                _SEEN, id_number="full" if system not in HOTLINES else "", opponent="field", facts=_in_full(matter)
            )
            s.tell(number, matter, system, at, how)
            at += draw.between(HOUR, 10 * DAY)


def anew(w: World, s: Scene) -> None:
    """A new application after 不予, 终止 or 撤回."""
    draw = w.draw
    matter = w.matters.matter(s.at)
    office = w.anywhere(matter)
    how = How(sure=True, phone="own", id_number="" if office in HOTLINES else "full")
    first = s.tell(w.new(), matter, office, s.at, how)
    end = s.life(first, draw.pick(("REJECTED", "TERMINATED", "WITHDRAWN")), after=draw.between(DAY, 15 * DAY))
    matter = replace(matter, fixed={})  # with papers of its own
    number, at = w.new(), end + draw.between(HOUR, 30 * DAY)
    how = replace(how, add=w.phrase_of("refused", "text") if draw.chance(0.5) else "", id_number="full", phone="own")
    s.tell(number, matter, office if office not in HOTLINES and draw.chance(0.6) else draw.pick(COUNTERS), at, how)
    if draw.chance(0.3):
        s.tell(number, matter, OFFICES[matter.family], at + draw.between(HOUR, 3 * DAY), replace(_SEEN))


def _in_full(matter: Matter) -> dict[str, object]:
    """The opponent's whole name as a field: a short form could mean either of two near-alike firms."""
    if matter.opponent is None:
        return {}
    return {"counterparty": {"name": matter.opponent.name, "id_number": None, "phone": None}}
