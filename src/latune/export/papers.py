"""Where the methods were published."""

from __future__ import annotations

__all__ = ["PAPERS"]

_MUSAE = (
    "Valenti, Carta and Bacciu 2020, Learning Style-Aware Symbolic Music Representations by Adversarial Autoencoders"
    " (arXiv 2001.05494)"
)

PAPERS = {
    "absae_rel": "Valenti and Bacciu 2022, Leveraging Relational Information for Learning Weakly Disentangled"
    " Representations (arXiv 2205.10056)",
    "ar_vae": "Pati and Lerch 2021, Attribute-based Regularization of Latent Spaces for Variational Auto-Encoders"
    " (arXiv 2004.05485)",
    "beta_tcvae": "Chen et al. 2018, Isolating Sources of Disentanglement in VAEs (arXiv 1802.04942)",
    "beta_vae": "Higgins et al. 2017, beta-VAE: Learning Basic Visual Concepts with a Constrained Variational"
    " Framework",
    "capacity_vae": "Burgess et al. 2018, Understanding disentangling in beta-VAE (arXiv 1804.03599)",
    "conditional_vae": "Kingma, Rezende, Mohamed and Welling 2014, Semi-supervised Learning with Deep Generative"
    " Models (arXiv 1406.5298)",
    "dip_vae": "Kumar, Sattigeri and Balakrishnan 2018, Variational Inference of Disentangled Latent Concepts from"
    " Unlabeled Observations (arXiv 1711.00848)",
    "factor_vae": "Kim and Mnih 2018, Disentangling by Factorising (arXiv 1802.05983)",
    "fader": "Lample et al. 2017, Fader Networks: Manipulating Images by Sliding Attributes (arXiv 1706.00409)",
    "glsr_vae": "Hadjeres, Nielsen and Pachet 2017, GLSR-VAE: Geodesic Latent Space Regularization for Variational"
    " AutoEncoder Architectures (arXiv 1707.04588)",
    "musae_mixture": _MUSAE,
    "musae_single": _MUSAE,
}
"""By the name of the method."""
