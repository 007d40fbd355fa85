"""The kinds of items that data sets and runs can name."""

from __future__ import annotations

from typing import Any

from latune.data.codecs import Codec
from latune.data.dmelody_codec import DMelodyCodec
from latune.data.measure_codec import MeasureCodec
from latune.data.phrase_codec import PhraseCodec
from latune.data.picture_codec import PictureCodec
from latune.data.song_codec import SongCodec
from latune.errors import RunError

__all__ = ["CODECS", "codec_from_dict"]

CODECS: dict[
    str, type[MeasureCodec] | type[PhraseCodec] | type[PictureCodec] | type[DMelodyCodec] | type[SongCodec]
] = {
    "measure": MeasureCodec,
    "phrase": PhraseCodec,
    "picture": PictureCodec,
    "dmelody": DMelodyCodec,
    "song": SongCodec,
}


def codec_from_dict(description: dict[str, Any]) -> Codec:
    """Rebuild a codec from its `to_dict`.

    Raises:
        RunError: The kind of codec is not known to this version.
    """
    kind = description.get("kind")
    if kind not in CODECS:
        raise RunError(f"Unknown kind of codec '{kind}': expected one of {', '.join(CODECS)}.")
    return CODECS[kind].from_dict(description)
