"""Tables of what was measured of songs."""

from __future__ import annotations

from typing import Any

from latune.cli.output import format_estimate, table

__all__ = ["show_songs"]


def show_songs(songs: dict[str, Any]) -> None:
    """Show the entry "songs" of `metrics.json`: accuracy of tracks, codes, likeness to real phrases, style transfer."""
    rows = [
        (track, format_estimate(entry["accuracy"]), format_estimate(entry["majority_baseline"]))
        for track, entry in songs["tracks"].items()
    ]
    table(f"Right tokens of {songs['phrases']} unseen phrases", ["track", "from the code", "most frequent token"], rows)
    _show_codes(songs)
    _show_quality(songs["quality"])
    if songs["transfer"]:
        _show_transfer(songs["transfer"])


def _show_codes(songs: dict[str, Any]) -> None:
    test = songs["two_sample"]
    rows = [
        ("told from draws of the prior (AUC)", f"{test['auc']:.3f}", "0.5 if they are alike, 1 if they never are"),
        (
            "interpolations change steadily",
            format_estimate(songs["interpolation"]["monotonicity"]),
            "1 if every step leads away from the one end and to the other",
        ),
    ]
    probe = songs["genre_probe"]
    if probe:
        beside = f"{probe['majority']:.3f} by always saying the most frequent of {probe['genres']}"
        rows.append(("genre found by a probe", format_estimate(probe["codes"]), beside))
        if "prior" in probe:
            rows.append(("genre found by the prior", format_estimate(probe["prior"]), beside))
    table("Codes of phrases", ["measure", "value", "to compare"], rows)


def _show_quality(quality: dict[str, dict[str, Any]]) -> None:
    names = next(iter(quality.values()))
    rows = [(name.replace("_", " "), *(format_estimate(quality[kind][name]) for kind in quality)) for name in names]
    table("What phrases are like", ["measure", *quality], rows)


def _show_transfer(transfer: dict[str, Any]) -> None:
    fresh = transfer["fresh"]
    rows = [
        ("probability of the wanted genre, before", format_estimate(transfer["before"]), ""),
        ("the same, after", format_estimate(transfer["after"]), format_estimate(fresh["after"])),
        ("taken for the wanted genre", format_estimate(transfer["arrived"]), ""),
        ("tokens kept", format_estimate(transfer["tokens"]), format_estimate(fresh["tokens"])),
        ("contour kept (rank correlation)", format_estimate(transfer["contour"]), format_estimate(fresh["contour"])),
    ]
    rows.append(("real phrases, read as their own genre", format_estimate(transfer["classifier_accuracy"]), ""))
    title = f"{transfer['phrases']} phrases carried into another genre, judged by a classifier of real ones"
    table(title, ["measure", "carried", "drawn afresh"], rows)
