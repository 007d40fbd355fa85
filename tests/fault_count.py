"""How many faults of a kind the tests try: `LATUNE_FAULTS`, by default few; `make faults` tries fifty."""

import os

FAULTS = int(os.environ.get("LATUNE_FAULTS", "3"))
