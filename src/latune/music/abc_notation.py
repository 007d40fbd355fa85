"""ABC through the converter that symusic ships: text to a `Reading`.

The converter runs as a process of its own with a time limit, so that a bad file can neither print, nor hang,
nor crash the caller.
"""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from latune.errors import InputError, MissingExtraError
from latune.music.measure import BEATS
from latune.music.melody import Reading, counted, not_used
from latune.music.midi import parse_midi

__all__ = ["parse_abc"]

_SECONDS = 20
_LONGEST = 500_000  # characters of one tune
# Ignore dynamics, fermatas (which lengthen), grace notes and chord symbols (which become tracks).
_OPTIONS = ("-quiet", "-NFNP", "-NFER", "-NGRA", "-NGUI")
_LEFT_OUT = ("%", "I:", "R:")  # directives could include files, and "R:hornpipe" swings the rhythm
_NOT_MUSIC = re.compile(r'"[^"\n]*"|![^!\n]*!|\+[^+\n]*\+|\{[^}]*\}|\[[A-Za-z]:[^\]]*\]|%.*')


def parse_abc(data: bytes, name: str) -> Reading:
    """Read the first tune, its repeats written out and its pick-up padded.

    Args:
        data: ABC text in UTF-8 or Latin-1.
        name: The file's name, for messages.

    Raises:
        InputError: The text is not ABC, or has no notes.
    """
    tunes = _tunes(_decoded(data))
    if not tunes:
        raise InputError(f"The file '{name}' is not ABC: expected a tune with the lines 'X:' and 'K:', found none.")
    tune = tunes[0]
    if len(tune) > _LONGEST:
        raise InputError(
            f"The file '{name}' is too large: expected a tune of at most {_LONGEST:,} characters, found {len(tune):,}."
        )
    midi, errors = _converted(tune, name)
    reading = parse_midi(midi, name)
    remarks: tuple[str, ...] = ()
    if len(tunes) > 1:
        remarks += (not_used(len(tunes) - 1, len(tunes), "tune"),)
    graces = len(re.findall(r"\{[^}]*\}", _body(tune)))
    if graces:
        remarks += (f"Dropped {counted(graces, 'group')} of grace notes.",)
    if errors:
        remarks += (f'The ABC converter reported {counted(len(errors), "error")}, the first: "{errors[0]}".',)
    shift = _pick_up_padding(tune, name)
    title = re.search(r"^T:[ \t]*(.*)", tune, re.MULTILINE)
    return dataclasses.replace(
        reading,
        onsets=np.maximum(reading.onsets + shift, 0),
        ends=reading.ends + shift,
        title=title.group(1).strip() if title else "",
        tempo=reading.tempo if re.search(r"^Q:", tune, re.MULTILINE) else None,
        remarks=remarks + reading.remarks,
    )


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _tunes(text: str) -> list[str]:
    """The tunes of a file, each from its line X: on, without comments, directives and empty lines."""
    kept = [line for line in text.split("\n") if line.strip() and not line.startswith(_LEFT_OUT)]
    tunes = re.split(r"^(?=X:)", "\n".join(kept), flags=re.MULTILINE)
    return [tune for tune in tunes if tune.startswith("X:") and re.search(r"^K:", tune, re.MULTILINE)]


def _body(tune: str) -> str:
    """The text after the first line K:."""
    return re.split(r"^K:.*\n?", tune, maxsplit=1, flags=re.MULTILINE)[1]


def _converted(tune: str, name: str) -> tuple[bytes, list[str]]:
    """The tune as MIDI, and the errors that the converter reported."""
    with tempfile.TemporaryDirectory(prefix="latune-abc-") as folder:
        source, target = Path(folder) / "tune.abc", Path(folder) / "tune.mid"
        # Chords begin at once instead of one note after the other.
        text = re.sub(r"^(K:.*)$", r"\1\n%%MIDI chordattack 0", tune, count=1, flags=re.MULTILINE)
        source.write_text(text.rstrip("\n") + "\n\n", encoding="utf-8")
        command = [str(_converter()), str(source), "-o", str(target), *_OPTIONS]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, cwd=folder, check=False)
        except (subprocess.TimeoutExpired, OSError) as error:
            raise InputError(
                f"The file '{name}' cannot be read: expected an ABC tune, but the converter failed"
                f" ({type(error).__name__})."
            ) from error
        output = done.stdout.decode("latin-1").splitlines()
        errors = [line.partition(" : ")[2][:80] for line in output if line.startswith("Error in line")]
        if not target.exists():
            reason = errors[0] if errors else f"no result, exit code {done.returncode}"
            raise InputError(
                f"The file '{name}' is damaged: expected an ABC tune, the converter reported \"{reason}\"."
            )
        return target.read_bytes(), errors


def _converter() -> Path:
    """The program abc2midi inside the symusic package."""
    try:
        import symusic
    except ImportError as error:
        raise MissingExtraError("symusic", "music") from error
    program = "abc2midi.exe" if sys.platform == "win32" else "abc2midi"
    return Path(symusic.__file__).parent / "bin" / program


def _pick_up_padding(tune: str, name: str) -> float:
    """Quarters to put before an incomplete first measure.

    The converter itself measures it: the tune is cut at its first bar line and a note is put there.
    """
    body = _body(tune)
    # Blanks of the same length keep the positions.
    music = _NOT_MUSIC.sub(lambda match: " " * len(match.group()), body)
    music = re.sub(r"^[A-Za-z]:.*", lambda match: " " * len(match.group()), music, flags=re.MULTILINE)
    first = re.search(r"[A-Ga-gxzZ]", music)
    bar = re.compile(r"[|:]").search(music, first.start()) if first else None
    if bar is None:
        return 0.0
    header = tune[: len(tune) - len(body)]
    midi, _ = _converted(f"{header}{body[: bar.start()]}c4|]", name)
    onset = float(parse_midi(midi, name).onsets.max())
    missing = BEATS - round(onset * 12) / 12
    return missing if 0 < missing < BEATS else 0.0
