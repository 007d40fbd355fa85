"""The tables of coherence in docs/results.md out of the run folder of a phrase model.

    python benchmarks/coherence_table.py runs/phrases

Reads what `latune coherence` wrote: real tunes, editing measure by measure, the phrase model, and the paired difference
with its interval over tunes.
"""

import json
import sys
from pathlib import Path

from latune.cli.coherence import SHOWN

BASELINE, MODEL = "measure by measure, exact", "phrase, exact"


def show(estimate: dict | None, signed: bool = False) -> str:
    """A number, or a difference with its interval."""
    if estimate is None or estimate["value"] is None:
        return ""
    if not signed:
        return f"{estimate['value']:.3f}"
    return f"{estimate['value']:+.3f} ({estimate['low']:+.3f} to {estimate['high']:+.3f})"


def main() -> None:
    """Print both tables."""
    content = json.loads((Path(sys.argv[1]) / "coherence.json").read_text())
    for kind, title in (("measures", "Every measure asked for a value"), ("phrases", "Every phrase asked for a mean")):
        print(f"**{title}** ({content['tunes']} held-out tunes)\n")
        print("| | real | measure by measure | phrase model | difference |\n|---|---|---|---|---|")
        base, model = (content[kind][way]["all"] for way in (BASELINE, MODEL))
        for key, label in SHOWN.items():
            real, difference = content["real"].get(key), model[key].get("difference")
            cells = (show(real), show(base[key]), show(model[key]), show(difference, signed=True))
            print(f"| {label} | {' | '.join(cells)} |")
        print()


if __name__ == "__main__":
    main()
