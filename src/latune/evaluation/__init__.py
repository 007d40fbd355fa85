"""Evaluation: what is measured on a trained run."""
