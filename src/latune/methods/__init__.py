"""Methods: training algorithms, one file per paper."""
