"""Generative models whose latent space has named knobs, for pictures and symbolic music."""

__version__ = "0.1.0"
