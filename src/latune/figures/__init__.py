"""Figures: arrays and plain dictionaries in, a matplotlib figure out; nothing here trains or loads.

Every figure is `WIDTH` inches wide and says in its title what to look at. Each function returns a
`matplotlib.figure.Figure`; `save_figure` writes it, `figure_svg` turns it into an element of a page.
"""

from latune.figures.certificate import cross_talk, hit_rates, response_curves
from latune.figures.comparison import Trained, rate_distortion, score_against_reconstruction
from latune.figures.divergence import divergence_curves
from latune.figures.folds import Folded, fold_summary
from latune.figures.latent import attribute_scatter, latent_surfaces
from latune.figures.moves import move_rows, symbol_triplets
from latune.figures.observatory import observatory_table
from latune.figures.piano_roll import piano_roll
from latune.figures.pictures import picture_grid, picture_plane, picture_strip, reconstructions
from latune.figures.region_scores import chain_accuracy, label_sweep, nuisance_change, rejection_curves
from latune.figures.regions import region_interpolation, region_map, region_sheet
from latune.figures.relation_maps import relation_maps
from latune.figures.requests import Response, requests_and_results
from latune.figures.responses import factor_responses
from latune.figures.song_plane import song_plane
from latune.figures.song_roll import song_roll
from latune.figures.song_scores import song_quality, style_transfer, track_accuracy
from latune.figures.style import figure_svg, save_figure
from latune.figures.training import loss_curves
from latune.figures.traversals import latent_traversals

__all__ = [
    "Folded",
    "Response",
    "Trained",
    "attribute_scatter",
    "chain_accuracy",
    "cross_talk",
    "divergence_curves",
    "factor_responses",
    "figure_svg",
    "fold_summary",
    "hit_rates",
    "label_sweep",
    "latent_surfaces",
    "latent_traversals",
    "loss_curves",
    "move_rows",
    "nuisance_change",
    "observatory_table",
    "piano_roll",
    "picture_grid",
    "picture_plane",
    "picture_strip",
    "rate_distortion",
    "reconstructions",
    "region_interpolation",
    "region_map",
    "region_sheet",
    "rejection_curves",
    "relation_maps",
    "requests_and_results",
    "response_curves",
    "save_figure",
    "score_against_reconstruction",
    "song_plane",
    "song_quality",
    "song_roll",
    "style_transfer",
    "symbol_triplets",
    "track_accuracy",
]
