# %% [markdown]
# # Knobs for pictures
#
# A latent model of handwritten digits whose knobs have names and units: area, length, thickness, slant, width,
# height. It is trained on the small set of digits that comes with scikit-learn, so nothing is downloaded.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Image, display

import latune
from latune.control.editor import calibrate_run, open_editor
from latune.data.registry import ensure_dataset
from latune.evaluation.evaluate import evaluate_run
from latune.figures.certificate import cross_talk
from latune.recipes import load_recipe
from latune.training.trainer import train


def show(rows, labels):
    """Rows of digits (rows, columns, 28, 28), with a word beside each row."""
    figure, axes = plt.subplots(len(rows), figsize=(7, 0.85 * len(rows)), squeeze=False, layout="tight")
    for axis, row, label in zip(axes[:, 0], rows, labels, strict=True):
        axis.imshow(np.concatenate(row, axis=1), cmap="gray_r", vmin=0, vmax=255)
        axis.set(xticks=[], yticks=[], frame_on=False)
        axis.set_ylabel(label, rotation=0, ha="right", va="center")
    figure.savefig("rows.png", dpi=70)
    plt.close(figure)
    display(Image("rows.png"))


# %% [markdown]
# ## Data
#
# Every digit is measured by definition: its slant from second moments, its length along the skeleton, and so on.

# %%
digits = ensure_dataset("digits")
held_out = digits.items[digits.splits["test"]][:, 0]
show([held_out[:14], held_out[14:28]], ["unseen", "digits"])
for attribute in digits.table:
    print(f"{attribute.name} [{attribute.unit}]: {attribute.description}")

# %% [markdown]
# ## Training
#
# The recommended recipe for digits, with fewer steps: `latune train digits/ar-vae-tuned --set training.steps=400 ...`

# %%
recipe = load_recipe(
    "digits/ar-vae-tuned",
    ["training.steps=400", "model.channels=[16,32]", "control.from_step=300", "evaluation.items=12"],
)
run = train(recipe, digits, Path("runs/digits"))
knobs = calibrate_run(run, digits)
evaluate_run(run, digits, open_editor(run.folder))
model = latune.load("runs/digits")
print(model)

# %% [markdown]
# ## Turning a knob
#
# Ask for a value in the attribute's own unit. Everything in the result's table is measured on the new picture. After
# so short a training a knob may turn one digit into another; the recipe's own length, and MNIST, mend that.

# %%
digit = held_out[6]
slants = [-0.3, -0.2, -0.1, 0.1, 0.2]
thicknesses = [2.5, 3.5, 4.5, 5.5, 6.5]
leaning = [model.edit(digit, slant=value, nearest=True) for value in slants]
thicker = [model.edit(digit, thickness=value, nearest=True) for value in thicknesses]
show([[digit, *(result.items[0, 0] for result in row)] for row in (leaning, thicker)], ["slant", "thickness"])
print("slant wanted   ", slants)
print("slant measured ", [round(float(result.measured["slant"][0]), 2) for result in leaning])

# %% [markdown]
# Several knobs at once, and what should stay as it is:

# %%
result = model.edit(digit, slant=0.2, thickness=4.5, hold=["height"], nearest=True)
show([[digit, result.items[0, 0]]], ["before, after"])
print(result)
result.save("leaning.png")

# %% [markdown]
# ## What else moves?
#
# The certificate has hit rates, and how far the other attributes move where one knob is turned, in standard
# deviations of real digits.

# %%
cross_talk(run.read_json("certificate.json")).savefig("cross_talk.png", dpi=60)
Image("cross_talk.png")

# %% [markdown]
# ## New digits, and from one to another

# %%
thin = model.sample(10, thickness=2.5, seed=0)
thick = model.sample(10, thickness=5.5, seed=0)
between = model.interpolate(held_out[6], held_out[5], steps=10)
show([thin.items[:, 0], thick.items[:, 0], between.items[0, :, 0]], ["thin", "thick", "from one\nto another"])

# %% [markdown]
# Next: `latune studio runs/digits` opens the same run in the browser; `latune report runs/digits` writes a page of
# figures.
