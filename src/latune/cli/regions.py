"""Tables of what was measured of regions and moves."""

from __future__ import annotations

from typing import Any

from latune.cli.output import format_estimate, table

__all__ = ["show_regions"]

CHAIN_LENGTHS = (1, 5, 10, 20)  # that are shown


def show_regions(regions: dict[str, Any]) -> None:
    """Show the entry "regions" of `metrics.json`: a table of shares, one of laws and one of nuisances."""
    accuracy, prior = regions["region_accuracy"], regions["prior"]
    rows: list[tuple[str, ...]] = [("region of unseen items", format_estimate(accuracy["all"][0]["accuracy"]), "", "")]
    rows.append(("real pictures", "", f"{regions['class_reader']['accuracy']:.3f}", ""))
    if "entities" in accuracy:
        rows.append(("of operands alone", format_estimate(accuracy["entities"][0]["accuracy"]), "", ""))
    for part, label in (("trained", "one move of draws"), ("held_out", "the same, pairs never trained")):
        if part in regions["draws"]:
            rows.append((label, format_estimate(regions["draws"][part]["total"]["rejection"][0]["accuracy"]), "", ""))
    rows += _picture_rows(regions["pictures"], "one move of pictures")
    if "pictures_operator_region" in regions:
        rows += _picture_rows(regions["pictures_operator_region"], "the same, operator as region")
    chains = regions["chains"]
    for length in CHAIN_LENGTHS:
        rows.append((f"chain of {length}", *_readings({name: chains[name][length - 1] for name in _READINGS})))
    rows.append(("pictures of draws", "", format_estimate(prior["right"]), ""))
    title = f"In the right one of {accuracy['regions']} regions, read"
    table(title, ["what", "from the code", "from the picture", "encoded again"], rows)
    _show_laws(regions["algebra"])
    if regions.get("nuisances"):
        _show_nuisances(regions["nuisances"])
    _show_pictures(regions)


_READINGS = ("latent", "pictures", "encoded_again")


def _readings(entry: dict[str, Any]) -> tuple[str, ...]:
    return tuple(format_estimate(entry[name]) for name in _READINGS)


def _picture_rows(pictures: dict[str, Any], label: str) -> list[tuple[str, ...]]:
    rows = [(label, *_readings(pictures["trained"]["total"]))] if "trained" in pictures else []
    if "held_out" in pictures:
        rows.append((f"{label}, pairs never trained", *_readings(pictures["held_out"]["total"])))
    return rows


def _show_laws(laws: list[dict[str, Any]]) -> None:
    """The laws of each kind together, by their worst."""
    rows = []
    for kind in dict.fromkeys(law["kind"] for law in laws):
        of_kind = [law for law in laws if law["kind"] == kind]
        worst = min(of_kind, key=lambda law: law["accuracy"]["value"])
        shown = format_estimate(worst["accuracy"]), format_estimate(worst["distance"])
        rows.append((kind, len(of_kind), worst["law"], *shown))
    if rows:
        table("Laws of moves, by the one kept worst", ["kind", "laws", "worst", "right", "distance"], rows)


def _show_nuisances(nuisances: dict[str, Any]) -> None:
    rows = []
    for attribute, moves in nuisances.items():
        for move, entry in moves.items():
            values = format_estimate(entry["change"]), format_estimate(entry["constant"])
            together = "-" if entry["correlation"] is None else f"{entry['correlation']:.3f}"
            rows.append((attribute, move, entry["items"], *values, together))
    columns = ["attribute", "move", "items", "change", "if always the mean", "correlation"]
    table("What moves change besides, in standard deviations within regions", columns, rows)


def _show_pictures(regions: dict[str, Any]) -> None:
    prior, reconstruction = regions["prior"], regions["reconstruction"]
    rows = [
        ("Frechet distance of draws", f"{prior['frechet_distance']:.3f}"),
        ("Frechet distance of training pictures", f"{prior['frechet_distance_training']:.3f}"),
        ("balance of drawn regions", f"{prior['balance']:.3f}"),
        ("cross entropy, nats per pixel", f"{reconstruction['cross_entropy']['value']:.5f}"),
        ("squared error per pixel", f"{reconstruction['squared_error']['value']:.5f}"),
    ]
    table("Pictures against unseen ones", ["measure", "value"], rows)
