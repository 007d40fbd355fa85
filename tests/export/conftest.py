"""Exports of graphs."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _quick(operators_once):
    """Lists ONNX's operators once."""
