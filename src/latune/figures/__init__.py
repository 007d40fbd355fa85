"""Figures: arrays and plain dictionaries in, a matplotlib figure out; nothing here trains or loads.

Every figure is `WIDTH` inches wide and says in its title what to look at. Each function returns a
`matplotlib.figure.Figure`; `save_figure` writes it, `figure_svg` turns it into an element of a page.
"""

from latune.figures.certificate import cross_talk, hit_rates, response_curves
from latune.figures.latent import attribute_scatter, latent_surfaces
from latune.figures.piano_roll import piano_roll
from latune.figures.pictures import picture_grid, picture_plane, picture_strip, reconstructions
from latune.figures.requests import Response, requests_and_results
from latune.figures.style import figure_svg, save_figure
from latune.figures.training import loss_curves

__all__ = [
    "Response",
    "attribute_scatter",
    "cross_talk",
    "figure_svg",
    "hit_rates",
    "latent_surfaces",
    "loss_curves",
    "piano_roll",
    "picture_grid",
    "picture_plane",
    "picture_strip",
    "reconstructions",
    "requests_and_results",
    "response_curves",
    "save_figure",
]
