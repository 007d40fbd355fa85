"""Drums of General MIDI: which pitch is which."""

from __future__ import annotations

__all__ = ["BASS_DRUMS", "CLAP", "CLOSED_HAT", "CYMBALS", "KICK", "OPEN_HAT", "RIDE", "RIM", "SNARE", "drum_name"]

KICK, RIM, SNARE, CLAP, CLOSED_HAT, OPEN_HAT, RIDE = 36, 37, 38, 39, 42, 46, 51

_FIRST = 35
_NAMES = (
    "bass drum 2",
    "bass drum",
    "side stick",
    "snare",
    "hand clap",
    "electric snare",
    "low floor tom",
    "closed hi-hat",
    "floor tom",
    "pedal hi-hat",
    "low tom",
    "open hi-hat",
    "low-mid tom",
    "high-mid tom",
    "crash",
    "high tom",
    "ride",
    "china",
    "ride bell",
    "tambourine",
    "splash",
    "cowbell",
    "crash 2",
    "vibraslap",
    "ride 2",
    "high bongo",
    "low bongo",
    "mute conga",
    "open conga",
    "low conga",
    "high timbale",
    "low timbale",
    "high agogo",
    "low agogo",
    "cabasa",
    "maracas",
    "short whistle",
    "long whistle",
    "short guiro",
    "long guiro",
    "claves",
    "high woodblock",
    "low woodblock",
    "mute cuica",
    "open cuica",
    "mute triangle",
    "open triangle",
)

BASS_DRUMS = (35, KICK)
CYMBALS = (CLOSED_HAT, 44, OPEN_HAT, 49, RIDE, 52, 53, 54, 55, 57, 59, 69, 70)
"""Cymbals, hi-hats and shakers."""


def drum_name(pitch: int) -> str:
    """The name of a drum; "drum 27" where General MIDI has none."""
    place = pitch - _FIRST
    return _NAMES[place] if 0 <= place < len(_NAMES) else f"drum {pitch}"
