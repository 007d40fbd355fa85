"""The public interface: modules whose `__all__` the manual describes and whose names and signatures are frozen."""

PUBLIC_MODULES: dict[str, tuple[str, ...]] = {
    "Runs": ("latune", "latune.api"),
    "Metrics": ("latune.metrics", "latune.metrics.observatory"),
    "Attributes and errors": ("latune.attributes", "latune.plugins", "latune.errors"),
    "Music": ("latune.music.score", "latune.music.measure", "latune.music.attributes"),
    "Pictures": ("latune.images.sprites", "latune.images.morphology"),
    "Data": ("latune.data.dataset", "latune.data.registry", "latune.data.store", "latune.data.formulas"),
    "Recipes and training": (
        "latune.recipes",
        "latune.training.trainer",
        "latune.training.run_folder",
        "latune.training.recording",
    ),
    "Methods and networks": (
        "latune.methods.method",
        "latune.methods.variational",
        "latune.methods.registry",
        "latune.models.latent_model",
    ),
    "Control": ("latune.control.editor", "latune.control.moves"),
    "Evaluation and reports": ("latune.evaluation.evaluate", "latune.report"),
    "Figures": ("latune.figures",),
}
"""Pages of the reference, each with its modules."""

NAMED_AS_MODULES = {
    package: tuple(f"{package}.{name}.{name}" for name in names.split())
    for package, names in {
        "latune.metrics": (
            "dci explicitness explicitness_size infomec mutual_information separability unsupervised_ranking"
        ),
        "latune.figures": "piano_roll relation_maps song_plane song_roll",
    }.items()
}
"""Functions of a package that have the name of the module they come from: the reference finds them there."""
