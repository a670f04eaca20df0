"""Cases 20 to 23, what a person must decide, and the many who ask once."""

from __future__ import annotations

from dataclasses import replace

from bench.matching.links import opponent_of
from bench.matching.scene import Scene, World
from bench.matching.systems import COUNTERS, DAY, HOTLINES, HOUR
from bench.matching.telling import How

_SEEN = How(sure=True, id_number="full", phone="own")


def opposing_parties(w: World, s: Scene) -> None:
    """Both sides of one dispute ask for legal aid: a conflict of interest, nobody's duplicate, told to nobody."""
    draw = w.draw
    cause = draw.pick(("divorce", "traffic", "loan", "assault", "inherit", "custody", "land"))
    matter = w.matters.matter(s.at, family="legal-aid", cause=cause)
    other = replace(matter, person=opponent_of(matter), opponent=w.parties.of_person(matter.person), fixed={})
    for side, at in ((matter, s.at), (other, s.at + draw.between(HOUR, 15 * DAY))):
        system = draw.pick(("legal-aid", "web", "window", "12348"))
        how = How(
            sure=True,
            name="exact",
            phone="own",
            opponent="field",
            family=True,
            id_number="" if system in HOTLINES else "full",
        )
        s.tell(w.new(), side, system, at, how)
    s.secret = True


def recycled_phone(w: World, s: Scene) -> None:
    """A mobile number that went to somebody else."""
    draw = w.draw
    first = w.matters.matter(s.at)
    person = w.people.person(region=first.person.region if draw.chance(0.5) else None)
    person = replace(person, phone=first.person.phone)
    later = s.at + draw.between(90, 280) * DAY
    cause = first.cause if not first.exam else ""
    second = w.matters.matter(later, family=first.family, cause=cause, person=person)
    for matter, at in ((first, s.at), (second, later)):
        how = How(sure=True, phone="own", name="exact", id_number="" if draw.chance(0.5) else "none")
        s.tell(w.new(), matter, w.anywhere(matter), at, how)


def without_a_name(w: World, s: Scene) -> None:
    """Anonymous calls of the same words."""
    draw = w.draw
    matter = w.matters.matter(s.at, cause=draw.pick(("wages", "property", "consumer", "neighbour")))
    at = s.at
    for n in range(draw.between(2, 4)):
        anonymous = n > 0 or draw.chance(0.7)
        how = How(anonymous=anonymous, opponent="named", add=w.draw.pick(w.words.raw["anonymous"]) if anonymous else "")
        s.tell(w.new(), matter, w.hotline(), at, how)
        at += draw.between(HOUR, 5 * DAY)
    s.secret = True


def in_confidence(w: World, s: Scene) -> None:
    """Confidential: the same person, the same words, and still never merged or shown elsewhere."""
    draw = w.draw
    matter = w.matters.matter(s.at)
    one = draw.below(2)
    for n in range(2):
        how = replace(_SEEN, confidential=n == one or draw.chance(0.3))
        s.tell(w.new(), matter, w.anywhere(matter), s.at + n * draw.between(HOUR, 6 * DAY), how)
    s.secret = True


def to_the_prosecutor(w: World, s: Scene) -> None:
    """12309: a report on what another channel knows too."""
    draw = w.draw
    matter = w.matters.matter(s.at, family="legal-aid" if draw.chance(0.6) else "mediation")
    s.tell(w.new(), matter, w.anywhere(matter), s.at, How(sure=True, phone="own"))
    how = How(kind="complaint", words="report", sure=True, phone="own", confidential=draw.chance(0.8), opponent="named")
    s.tell(w.new(), matter, "12309", s.at + draw.between(HOUR, 20 * DAY), how)
    if draw.chance(0.3):
        s.tell(w.new(), matter, "12309", s.at + draw.between(20 * DAY, 40 * DAY), how)
    s.secret = True


def one_number_many_names(w: World, s: Scene) -> None:
    """A cadre types his own ID number for each of his villagers."""
    draw = w.draw
    cadre = w.people.person()
    cause = draw.pick(("wages", "land", "elder", "insurance", "neighbour"))
    first = w.matters.matter(s.at, cause=cause)
    at, own = s.at, draw.chance(0.5)
    for _ in range(draw.between(2, 7)):
        person = w.people.person(region=cadre.region)
        matter = w.matters.about(person, first.family, cause, first.began, first.opponent if draw.chance(0.3) else None)
        how = How(
            sure=True,
            id_number="full",
            id_of=cadre.id_number,
            name="exact",
            phone="own",
            phone_is="" if own else cadre.phone,
        )
        s.tell(w.new(), matter, draw.pick(COUNTERS), at, how)
        at += draw.between(600, 4 * DAY)


def twins(w: World, s: Scene) -> None:
    """Neighbouring ID numbers, one phone, one employer."""
    draw = w.draw
    first = w.matters.matter(s.at, cause=draw.pick(("wages", "injury", "traffic", "inherit", "elder", "consumer")))
    if draw.chance(0.25):
        first = w.matters.matter(s.at, family="notary")
    at = s.at
    other = w.people.twin(first.person)
    for person in (first.person, replace(other, phone=w.people.phone()) if draw.chance(0.4) else other):
        matter, number = replace(first, person=person, fixed={}), w.new()
        for _ in range(1 + draw.chance(0.3)):
            s.tell(number, matter, w.office(matter), at, replace(_SEEN, name="exact", opponent="field"))
            at += draw.between(300, 3 * DAY)


def quotes_another(w: World, s: Scene) -> None:
    """A number quoted that is somebody else's: a colleague's, a neighbour's."""
    draw = w.draw
    first = w.matters.matter(
        s.at, cause=draw.pick(("wages", "property", "consumer", "house", "insurance", "neighbour"))
    )
    told = s.tell(w.new(), first, w.hotline(), s.at, How(sure=True, phone="own", name="exact"))
    person = w.people.person(region=first.person.region)
    second = replace(first, person=person, fixed={})
    related = (told.reference,) if draw.chance(0.5) else ()
    how = How(sure=True, phone="own", name="exact", related=related, add=w.phrase("others", no=told.number))
    s.tell(w.new(), second, w.hotline(), s.at + draw.between(HOUR, 20 * DAY), how)


def phone_and_words(w: World, s: Scene) -> None:
    """Nothing but a phone and like words: the same person's matter, or another's in the household."""
    draw = w.draw
    first = w.matters.matter(s.at, family=draw.pick(("legal-aid", "mediation")))
    number = w.new()
    s.tell(number, first, w.hotline() if draw.chance(0.5) else "web", s.at, How(sure=True, phone="own"))
    same = draw.chance(0.6)
    second = first
    if not same:
        second = w.matters.about(w.people.relative(first.person), first.family, first.cause, first.began)
    how = How(
        kind="application", phone="own", id_number="none", name="none" if draw.chance(0.8) else "title", opponent="none"
    )
    s.tell(number if same else w.new(), second, w.hotline(), s.at + draw.between(DAY, 20 * DAY), how)


def name_and_county(w: World, s: Scene) -> None:
    """Nothing but a name and a county, and a like cause."""
    draw = w.draw
    first = w.matters.matter(s.at, family=draw.pick(("legal-aid", "mediation", "lawyer")))
    number, same = w.new(), draw.chance(0.5)
    s.tell(
        number, first, w.office(first), s.at, How(sure=True, id_number="full", region=True, name="exact", phone="own")
    )
    second = (
        first if same else w.matters.about(w.people.person(like=first.person), first.family, first.cause, first.began)
    )
    how = How(
        id_number="none", phone="none", phone_is="", name="exact", region=True, opponent="none", kind="application"
    )
    s.tell(number if same else w.new(), second, w.hotline(), s.at + draw.between(HOUR, 12 * DAY), how)


def once(w: World, s: Scene) -> None:
    """Somebody asks once; sometimes somebody who had asked for something else before."""
    draw = w.draw
    if w.known and draw.chance(0.12):
        person, served = draw.pick(w.known)
        if len(served) < 4:
            matter = w.matters.matter(s.at, person=person, not_in=served)
            served.add(matter.family)
            s.case = "second need"
        else:
            matter = w.matters.matter(s.at, company=True)
    else:
        matter = w.matters.matter(s.at, company=True)
        if not matter.person.legal:
            w.known.append((matter.person, {matter.family, "forensic"}))
    kind = draw.random()
    how = How(kind="consultation" if kind < 0.2 else "application")
    if kind > 0.96:
        how = How(kind="consultation", words="vague")
    if draw.chance(0.05):
        how.agent = w.agent(draw.pick(("kin", "officers", "lawyers")), matter.person.region)
        how.agent_calls = draw.chance(0.5)
    told = s.tell(w.new(), matter, w.anywhere(matter), s.at, how)
    if draw.chance(0.35):
        s.life(told, draw.pick(("CLOSED", "CLOSED", "CLOSED", "ARCHIVED", "REJECTED", "WITHDRAWN")))


def asks_the_court(w: World, s: Scene) -> None:
    """12368: a case number, and little else."""
    matter = w.matters.matter(s.at, cause=w.draw.pick(("loan", "traffic", "divorce", "house")))
    matter.case_no = w.matters.case_no(matter.person, matter.began)
    s.tell(w.new(), matter, "12368", s.at, How(kind="progress", words="court"))
