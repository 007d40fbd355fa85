"""Networks: latent models with an encoder, a decoder and a prior."""
