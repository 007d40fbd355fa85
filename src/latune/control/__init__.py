"""Control: knobs in an attribute's own unit, edits that are measured, search for exact values."""
