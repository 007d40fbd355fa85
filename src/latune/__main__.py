"""`python -m latune`."""

from latune.cli import main

main()
