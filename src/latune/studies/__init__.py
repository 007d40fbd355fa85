"""Studies: many runs (recipes x seeds x grid), resumable run by run, and what they say together."""
