"""A tune as sound: by sampled instruments where the machine has them, else by the built-in synthesiser."""

from __future__ import annotations

from latune.music.soundfont import VARIABLE, can_render, find_soundfont, render
from latune.music.synth import synthesise, wav_bytes
from latune.music.tune import Tune

__all__ = ["tune_wav", "without_soundfont"]


def tune_wav(tune: Tune, program: int = 0) -> tuple[bytes, str]:
    """Play a tune.

    Args:
        tune: What is played, repeats included, at its tempo.
        program: General MIDI program of the soundfont, 0 (piano) to 127; the built-in synthesiser has one sound.

    Returns:
        A WAV file of 16 bits per sample, and a sentence that says what played it.

    Raises:
        InputError: The soundfont cannot be read, the program is out of range, or the sound would last over an hour.
    """
    soundfont = find_soundfont()
    if soundfont is not None and can_render():
        samples, rate = render(tune.events, tune.tempo, soundfont, program)
        return wav_bytes(samples, rate), f"Played with the soundfont {soundfont}."
    return wav_bytes(synthesise(tune.events, tune.tempo)), without_soundfont()


def without_soundfont() -> str:
    """A sentence that says what plays where no soundfont does, and what to do about it."""
    remark = "Played by the built-in synthesiser; for a sampled piano: pip install 'latune[sound]'"
    if can_render():
        remark += f", or set {VARIABLE} to an .sf2 file"
    return f"{remark}."
