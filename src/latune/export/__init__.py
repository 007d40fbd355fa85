"""Runs outside of their folder: as graphs of ONNX, and as folders for the Hugging Face Hub."""
