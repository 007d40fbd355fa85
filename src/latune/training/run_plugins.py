"""Attributes of the user's own in a run: what it records of them, and what opening it again needs.

A run folder holds no code and never makes any run: whoever opens it passes the plugins themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from latune.data.codecs import Codec
from latune.errors import RunError
from latune.plugins import Plugin, own_attributes

__all__ = ["extended_codec", "remarks_on_plugins"]

Records = Sequence[dict[str, Any]]
"""What `Plugin.to_dict` gave when the run was made, one for each plugin."""


def extended_codec(folder: Path, records: Records, codec: Codec, plugins: Sequence[Plugin]) -> Codec:
    """The codec of a run with the attributes of plugins.

    Args:
        folder: The run folder, for messages.
        records: Plugins that it was trained with.
        codec: What its items are, without own attributes.
        plugins: Plugins that were passed; they may have more attributes than the run knows.

    Raises:
        RunError: An attribute that it was trained with is in none of the plugins.
        InputError: An attribute of a plugin has the name of another one.
    """
    own = own_attributes(plugins)
    given = {attribute.name for attribute in own}
    for record in records:
        for name in record["attributes"]:
            if name not in given:
                trained = f"{folder} was trained with your own attribute '{name}' of {record['file']}"
                if not plugins:
                    raise RunError(f"{trained}: add --plugin {record['file']} (the file is then run).")
                raise RunError(f"{trained}: {', '.join(str(p.file) for p in plugins)} has none of this name.")
    return codec.with_attributes(own)


def remarks_on_plugins(records: Records, plugins: Sequence[Plugin]) -> tuple[str, ...]:
    """A sentence for every attribute whose plugin has another content than when the run was made."""
    given = {attribute.name: plugin for plugin in plugins for attribute in plugin.attributes}
    return tuple(
        f"{given[name].file} has changed since this run was trained: '{name}' may mean something else now."
        for record in records
        for name in record["attributes"]
        if given[name].checksum != record["sha256"]
    )
