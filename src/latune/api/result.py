"""What an edit, a sample or an interpolation gives back."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latune.control.requests import Answer

__all__ = ["Result"]

Values = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Result:
    """Items that were made, and what was measured of them.

    Args:
        items: Pictures (N, C, H, W) of 0 to 255, a tune's written measures as ticks (M, T), phrases of a song as tokens
            (P, 256, 4), or items of another run as its data set stores them.
        names: The attributes, columns of `values`.
        values: Measured on the result, (n, A): of a tune the measures that have notes. Not a number where an item lacks
            an attribute.
        ranges: Low and high of every attribute, for the share of hits.
        writer: Writes it into a file by the name's suffix.
        before: The same of what was given, where something was.
        answers: What became of each request.
        remarks: Sentences about what was done on the way.
        source: The tune or the song as an object, where it is one.
        png: It as the content of a PNG file, where it is a picture.
    """

    items: NDArray[Any]
    names: tuple[str, ...]
    values: Values
    ranges: Mapping[str, tuple[float, float]]
    writer: Callable[[Path], object]
    before: Values | None = None
    answers: tuple[Answer, ...] = ()
    remarks: tuple[str, ...] = ()
    source: Any = None
    png: Callable[[], bytes] | None = None

    @property
    def measured(self) -> dict[str, Values]:
        """Each attribute as measured on the result, (n,)."""
        return dict(zip(self.names, self.values.T, strict=True))

    @property
    def requested(self) -> dict[str, Values]:
        """What was wanted of each attribute that was turned, one value per item that it was wanted of."""
        return {answer.name: answer.wanted for answer in self.answers if not answer.held}

    @property
    def hits(self) -> dict[str, float]:
        """Share of the items that came within a tenth of the attribute's range, of all that was turned or held."""
        spans = {name: high - low for name, (low, high) in self.ranges.items()}
        return {each.name: each.hits(spans[each.name]) / max(len(each.after), 1) for each in self.answers}

    def save(self, path: str | Path) -> Path:
        """Write the result; the suffix says how, as for `latune edit`.

        Tunes: .mid, .musicxml, .abc, .svg, .pdf, .wav and others. Songs: .mid, .wav, .png (piano rolls), .npz.
        Pictures: .png, .npz; samples and interpolations as sheets.

        Returns:
            The path.

        Raises:
            InputError: The suffix is not supported, or the file cannot be written.
        """
        self.writer(Path(path))
        return Path(path)

    def __repr__(self) -> str:
        lines = [f"{len(self.items)} items, {len(self.values)} measured"]
        lines += [f"  {': '.join(row[:2])} (before {row[2]}, after {row[3]}; hits {row[4]})" for row in self._rows()]
        return "\n".join((*lines, *self.remarks))

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self._rows())
        head = "".join(f"<th>{name}</th>" for name in ("attribute", "wanted", "mean before", "mean after", "hits"))
        image = ""
        if self.png is not None:
            image = f'<img alt="" src="data:image/png;base64,{base64.b64encode(self.png()).decode()}">'
        remarks = "".join(f"<p>{escape(remark)}</p>" for remark in self.remarks)
        return f"{image}<table><tr>{head}</tr>{rows}</table>{remarks}"

    def _rows(self) -> list[tuple[str, str, str, str, str]]:
        """For each attribute that was turned or held: name, what was wanted, means before and after, share of hits."""
        hits = self.hits
        return [
            (
                answer.name,
                "held" if answer.held else _numbers(answer.wanted),
                _mean(answer.before) if self.before is not None else "none",
                _mean(answer.after),
                f"{hits[answer.name]:.0%}",
            )
            for answer in self.answers
        ]


def _numbers(values: Values) -> str:
    return ", ".join(f"{value:g}" for value in dict.fromkeys(values.tolist()))


def _mean(values: Values) -> str:
    known = values[np.isfinite(values)]
    return f"{known.mean():.4g}" if len(known) else "none"
