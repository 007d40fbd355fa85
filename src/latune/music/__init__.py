"""Symbolic music: notation in and out, attributes of measures, engraving and sound."""
