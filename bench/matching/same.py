"""Cases 1 to 7: different records, one matter."""

from __future__ import annotations

from dataclasses import replace

from bench.matching.scene import Scene, World
from bench.matching.systems import COUNTERS, DAY, HOTLINES, HOUR, OFFICES
from bench.matching.telling import How, Told


def web_then_hotline(w: World, s: Scene) -> None:
    """Once with an ID number, then by phone only, or the other way round; some tell it three or four times."""
    draw, number = w.draw, w.new()
    matter = w.matters.matter(
        s.at, family="" if draw.chance(0.4) else draw.pick(("legal-aid", "mediation")), company=True
    )
    consulting = draw.chance(0.06)
    how = How(kind="consultation" if consulting else "application", sure=draw.chance(0.93))
    known = replace(how, sure=True, id_number="full", phone="own")
    at, tellings = s.at, [w.hotline() for _ in range(1 + draw.chance(0.2) + draw.chance(0.08))]
    first = "web" if draw.chance(0.5) else w.office(matter)
    tellings.insert(0 if draw.chance(0.75) else draw.below(len(tellings) + 1), first)
    for system in tellings:
        seen = system not in HOTLINES
        s.tell(number, matter, system, at, known if seen else how)
        at += draw.between(HOUR, 6 * DAY) if draw.chance(0.7) else draw.between(300, 8 * HOUR)
    if draw.chance(0.4):
        s.life(s.told[0], after=at - s.at + 2 * DAY)


def name_or_id_spoilt(w: World, s: Scene) -> None:
    """The name misheard under one valid ID number; or a mistyped number beside the right name and phone."""
    draw, number = w.draw, w.new()
    matter = w.matters.matter(s.at)
    at, mistyped = s.at, draw.chance(0.5)
    spoilt = (
        How(sure=True, id_number="typo", name="exact", phone="own")
        if mistyped
        else How(sure=True, id_number="full", name="misheard")
    )
    good = How(sure=True, id_number="full", phone="own", name="exact")
    if not mistyped and draw.chance(0.2):
        spoilt.phone, spoilt.phone_is = "own", w.people.phone()
    pair = [good, spoilt] if draw.chance(0.6) else [spoilt, good]
    for how in pair:
        s.tell(number, matter, w.office(matter), at, how)
        at += draw.between(HOUR, 9 * DAY)


def written_otherwise(w: World, s: Scene) -> None:
    """15 and 18 digits, a small x, dots of other keyboards, characters that an encoding lost."""
    draw, number = w.draw, w.new()
    how_else = draw.below(4)
    person = w.people.person()
    if how_else == 2:
        person = replace(person, name=draw.pick(w.teller.common.minority))
    elif how_else == 3:
        person = replace(person, name=person.name[:1] + draw.pick(w.teller.common.rare) + person.name[2:])
    matter = w.matters.matter(s.at, person=person)
    other = (
        How(id_number="short"),
        How(id_number="lower"),
        How(id_number="full" if draw.chance(0.6) else "none", name="dotted", phone="own"),
        How(id_number="full" if draw.chance(0.6) else "none", name="lossy", phone="own"),
    )[how_else]
    other.sure = True
    s.tell(number, matter, w.office(matter), s.at, How(sure=True, id_number="full", phone="own", name="exact"))
    s.tell(number, matter, w.office(matter), s.at + draw.between(HOUR, 9 * DAY), other)


def parent_and_child(w: World, s: Scene) -> None:
    """The platform's item, and the record that an office works on under it."""
    draw, number = w.draw, w.new()
    matter = w.matters.matter(s.at, company=True)
    item = w.teller.phrases.item(matter, "parent")
    named = draw.chance(0.75)
    bare = named and draw.chance(0.6)
    parent = s.tell(number, matter, "gov-service", s.at, How(sure=not bare, id_number="full", item=item))
    at = s.at + draw.between(600, 3 * DAY)
    child = How(
        sure=True,
        id_number="full" if not named or draw.chance(0.7) else "none",
        parent=parent.reference if named else None,
    )
    told = s.tell(number, matter, OFFICES[matter.family], at, child)
    if draw.chance(0.5):
        s.life(told)
    if draw.chance(0.25):
        s.tell(number, matter, w.hotline(), at + draw.between(HOUR, 4 * DAY), How(sure=True, phone="own"))


def on_behalf(w: World, s: Scene) -> None:
    """A relative, a village cadre or a lawyer files for somebody who also comes in person."""
    draw, number = w.draw, w.new()
    matter = w.matters.matter(s.at, family="" if draw.chance(0.3) else "legal-aid")
    agent = w.agent(draw.pick(("kin", "kin", "officers", "lawyers")), matter.person.region)
    way = draw.random()
    with_id = How(sure=True, agent=agent, id_number="full", agent_calls=draw.chance(0.7), name="exact")
    with_phone = How(sure=True, agent=agent, id_number="none", phone="own", name="exact")
    herself = How(sure=True, id_number="full" if way < 0.6 else "", phone="own")
    at = s.at + draw.between(2 * HOUR, 8 * DAY)
    if way < 0.8:
        filed = with_id if way < 0.6 else with_phone
        first = "12345" if draw.chance(0.4) else w.anywhere(matter)
        s.tell(number, matter, first, s.at, filed)
        s.tell(number, matter, w.office(matter) if way < 0.6 else w.anywhere(matter), at, herself)
    else:
        twice = How(sure=True, agent=agent, id_number="none", agent_calls=True, name="exact", region=True)
        s.tell(number, matter, w.hotline(), s.at, twice)
        s.tell(number, matter, w.anywhere(matter), at, twice)


def refiled(w: World, s: Scene) -> None:
    """Returned or to be completed, and filed again."""
    draw, number = w.draw, w.new()
    matter = w.matters.matter(s.at, company=True)
    office = w.anywhere(matter)
    first = s.tell(
        number, matter, office, s.at, How(sure=True, phone="own", id_number="" if office in HOTLINES else "full")
    )
    back = first.at + draw.between(4 * HOUR, 5 * DAY)
    s.status(first, draw.pick(("RETURNED", "SUPPLEMENT")), back)
    again = office if draw.chance(0.5) else w.office(matter)
    how = How(sure=True, phone="own", id_number="" if again in HOTLINES or draw.chance(0.1) else "full")
    how.add = w.phrase_of("refile", "text") if draw.chance(0.6) else ""
    s.tell(number, matter, again, back + draw.between(HOUR, 8 * DAY), how)


def transferred(w: World, s: Scene) -> None:
    """12345 hands over to 12348, quoting its number, and the caller dials there too."""
    draw, number = w.draw, w.new()
    matter = w.matters.matter(s.at)
    call = s.tell(number, matter, "12345", s.at, How(sure=draw.chance(0.9), phone="own"))
    related = (call.reference,) if draw.chance(0.7) else ()
    add = "" if related and draw.chance(0.6) else w.phrase_of("transfer", "text", no=call.number)
    phone = draw.pick(("own", "own", "masked", "none"))
    how = How(phone=phone, related=related, add=add, facts={"kind": "application"}, sure=phone != "none")
    if phone == "none":
        how.name = "exact"
    handed = s.tell(number, matter, "12348", s.at + draw.between(600, DAY), how)
    if draw.chance(0.6):
        quotes = draw.chance(0.5)
        how = How(phone="own", sure=True, add=w.phrase_of("transfer", "said", no=call.number) if quotes else "")
        s.tell(number, matter, "12348", handed.at + draw.between(600, 3 * DAY), how)


def late(w: World, s: Scene) -> None:
    """An office's record of before the rejection that arrives after it: no new application."""
    draw, number = w.draw, w.new()
    matter = w.matters.matter(s.at)
    first = s.tell(number, matter, draw.pick(COUNTERS), s.at, How(sure=True, id_number="full"))
    second = s.tell(
        number, matter, OFFICES[matter.family], s.at + draw.between(HOUR, 2 * DAY), How(sure=True, id_number="full")
    )
    end = second.at + draw.between(DAY, 5 * DAY)
    s.status(first, draw.pick(("REJECTED", "TERMINATED", "CLOSED")), end)
    second.arrives = end + draw.between(2 * HOUR, 3 * DAY)


def decided(w: World, s: Scene) -> None:
    """A clerk says that two are one though little tells it, or that two are not though all is alike."""
    draw, number = w.draw, w.new()
    matter = w.matters.matter(s.at)
    same = draw.chance(0.5)
    first = s.tell(number, matter, w.office(matter), s.at, How(sure=True, id_number="full", phone="own"))
    at = s.at + draw.between(HOUR, 6 * DAY)
    if same:
        how = How(id_number="none", name="title", phone_is=w.people.phone(), phone="own", opponent="none")
        second: Told = s.tell(number, matter, w.hotline(), at, how)
    else:
        second = s.tell(w.new(), matter, w.office(matter), at, How(sure=True, id_number="full", phone="own"))
    pair = (first, second) if draw.chance(0.5) else (second, first)
    s.decide(*pair, same, at + draw.between(HOUR, 3 * DAY))
