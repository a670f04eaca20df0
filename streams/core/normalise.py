"""Normalise: a raw change to canonical events. Pure; the mapping does the work."""

from __future__ import annotations

from mappings.body import parse_body
from mappings.systems import System
from mappings.targets import InboxEvent
from schemas.events.intake import RawChange
from schemas.ids import digest


def normalise(raw: RawChange, system: System) -> list[InboxEvent]:
    """The canonical events of a raw change, its submission first; all keyed by their submission id.

    The same raw change always gives the same events. Raises Unmappable when it cannot be read or identified, lacks
    what is required, or no rule of the mapping fits.
    """
    document = parse_body(raw.content_type, raw.body)
    return system.map_inbound(document, raw.event_id, digest(raw.body))
