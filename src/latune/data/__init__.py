"""Data sets: preparation, storage, splits and batches."""
