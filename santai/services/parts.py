"""What every process is put together from: systems, codec, stores."""

from __future__ import annotations

import os
from collections.abc import Mapping

from mappings.systems import System, load_systems
from santai.settings import Settings
from schemas.codec import Codec
from schemas.registry import RegistrySchemaIds


def systems_of(settings: Settings, *, connect: bool) -> dict[str, System]:
    """The systems to join. With `connect` the addresses and secrets of their files are filled from the environment."""
    env: Mapping[str, str] | None = os.environ if connect else None
    return load_systems(settings.systems_dir, env, settings.systems or None)


def codec_of(settings: Settings) -> Codec:
    """A codec over the registry's ids and the settings' keys."""
    return Codec(settings.sealer(), RegistrySchemaIds(settings.registry_url()))
