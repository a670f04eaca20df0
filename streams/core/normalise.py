"""Normalise: a raw change to canonical events. Pure; the mapping does the work."""

from __future__ import annotations

from mappings.body import parse_body
from mappings.inbound import Mapped
from mappings.systems import System
from schemas.events.intake import RawChange
from schemas.ids import digest


def normalise(raw: RawChange, system: System) -> Mapped:
    """What a raw change amounts to: canonical events, all keyed by their submission id.

    The same raw change always gives the same events. Raises Unmappable when it cannot be read or identified, lacks
    what is required, or no rule of the mapping fits.
    """
    document = parse_body(raw.content_type, raw.body)
    return system.map_inbound(document, raw.event_id, digest(raw.body), raw.captured_at)
