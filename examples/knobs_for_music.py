# %% [markdown]
# # Knobs for music
#
# A latent model of Bach's chorale melodies with four named knobs: rhythmic complexity, pitch range, note density and
# contour. You train it (a small version, in less than a minute), turn its knobs in a tune of yours, and read the
# certificate that says how far the knobs can be trusted.

# %%
from pathlib import Path

from IPython.display import SVG, Image, display

import latune
from latune.control.editor import calibrate_run, open_editor
from latune.data.registry import ensure_dataset
from latune.evaluation.evaluate import evaluate_run
from latune.figures.certificate import hit_rates
from latune.music.engraving_files import tune_svg
from latune.recipes import load_recipe
from latune.training.trainer import train

# %% [markdown]
# ## Data
#
# The chorales come with music21 and are prepared once (some 40 seconds, then they lie in your cache folder). An
# *item* is one measure of a melody; an *attribute* is a number of it, with a unit.

# %%
chorales = ensure_dataset("chorales")
print(f"{len(chorales.items):,} measures; for training in every key: {len(chorales.splits['train']):,}")
for attribute in chorales.table:
    print(f"  {attribute.name} [{attribute.unit}]: {attribute.description}")

# %% [markdown]
# ## Training
#
# A recipe says everything about an experiment. This is the one behind `latune demo`, smaller and shorter. On the
# command line: `latune train chorales/ar-vae --set training.epochs=null --set training.steps=700 ...`

# %%
recipe = load_recipe(
    "chorales/ar-vae",
    [
        "training.epochs=null",
        "training.steps=700",
        "model.hidden_size=256",
        "control.from_step=250",
        "evaluation.items=30",
    ],
)
run = train(recipe, chorales, Path("runs/music"))
knobs = calibrate_run(run, chorales)  # how far to move a code for a value in the attribute's own unit

# %% [markdown]
# ## The certificate
#
# Knobs are measured on *decoded* measures of chorales that were held out: asked for a value, how often does the
# result come within a tenth of the attribute's range? "alone" moves the knob's own dimension, "joint" what goes with
# it too, "path" measures on the way and is what `edit` does, "exact" searches on from there.

# %%
evaluate_run(run, chorales, open_editor(run.folder))
model = latune.load("runs/music")
print(model)
hit_rates(run.read_json("certificate.json")).savefig("hits.png", dpi=60)
Image("hits.png")

# %% [markdown]
# ## Turning a knob
#
# Any tune will do: MIDI, MusicXML, ABC or kern. Two notes a measure, or six, but the contour of every measure as it
# was, which `way="exact"` searches for:

# %%
Path("ode.abc").write_text(
    "X:1\nT:Ode to Joy\nM:4/4\nL:1/4\nK:G\n"
    "B B c d | d c B A | G G A B | B3/2 A/ A2 | B B c d | d c B A | G G A B | A3/2 G/ G2 |]\n"
)
calm = model.edit("ode.abc", note_density=2 / 24, hold=["contour"], way="exact")
lively = model.edit("ode.abc", note_density=6 / 24, hold=["contour"], way="exact")
for result in (calm, lively):
    display(SVG(tune_svg(result.source)))
    display(result)

# %% [markdown]
# `result.measured` is measured on the new notes, not promised by the model; `result.hits` is the share of measures
# that came where they should. Save it as MIDI, MusicXML, ABC, SVG, PDF or WAV:

# %%
print(calm.measured["note_density"].round(3))
print(calm.hits)
calm.save("calm.mid")

# %% [markdown]
# ## New measures
#
# Draw codes as those of real measures lie, with a knob set or not. The measures do not know each other: this is a row
# of ideas, not a tune.

# %%
ideas = model.sample(6, contour=0.3, exact=True, seed=1)
display(SVG(tune_svg(ideas.source)))
print(ideas.measured["contour"].round(2))

# %% [markdown]
# Next: `latune studio runs/music` opens the same run in the browser, with sliders and sound.
