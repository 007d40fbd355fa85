# %% [markdown]
# # Your own data, your own attributes
#
# A folder of pictures and a table of numbers are all that latune needs: every column becomes a knob. Here the
# pictures are small suns that this notebook draws; put your own in their place. A fourth knob is a function of yours.

# %%
import csv
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Image, display
from PIL import Image as Picture
from PIL import ImageDraw

import latune
from latune.control.editor import calibrate_run, open_editor
from latune.data.own_attributes import with_plugins
from latune.data.preparation import Preparation
from latune.data.registry import prepare_dataset
from latune.evaluation.evaluate import evaluate_run
from latune.plugins import load_plugins
from latune.recipes import load_recipe
from latune.training.trainer import train

# %% [markdown]
# ## Pictures and a table

# %%
SIDE = 32
generator = np.random.default_rng(0)


def sun(size, warmth, height, sky):
    """A disc as many pixels wide as `size`, from blue (warmth 0) to orange (1), in a sky from dark (0) to light (1)."""
    sky = tuple(int(share * sky) for share in (110, 130, 160))
    large = Picture.new("RGB", (4 * SIDE, 4 * SIDE), sky)  # drawn four times as large: smooth edges
    x, y, radius = 2 * SIDE, 4 * SIDE * (0.75 - 0.5 * height), 2 * size
    colour = tuple(int(cold + warmth * (warm - cold)) for cold, warm in ((70, 255), (120, 150), (255, 40)))
    ImageDraw.Draw(large).ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return large.resize((SIDE, SIDE), Picture.Resampling.BOX)


Path("suns").mkdir(exist_ok=True)
with Path("suns.csv").open("w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["file", "size", "warmth", "height"])
    for number in range(700):
        size, warmth, height, sky = generator.uniform([8, 0, 0, 0], [18, 1, 1, 1]).round(3)
        sun(size, warmth, height, sky).save(f"suns/{number}.png")
        table.writerow([f"{number}.png", size, warmth, height])

# %% [markdown]
# ## An attribute of your own
#
# The brightness of the sky is not in the table, but it can be computed: a function from pictures (N, channels, height,
# width) to one number each, in a file of yours. It is computed for the data set, and measured on whatever is decoded.

# %%
Path("my_attributes.py").write_text("""
from latune.attributes import Attribute


def sky(pictures):
    return pictures[:, :, :, :2].mean(axis=(1, 2, 3)) / 255


attributes = [Attribute("sky", "share", 0.0, 1.0, "How bright the left edge is.", measure=sky)]
""")
plugins = load_plugins([Path("my_attributes.py")])

# %% [markdown]
# ## Prepare and train
#
# On the command line: `latune data prepare images --source suns --attributes suns.csv --name suns --size 32
# --colour`, then `latune train images/ar-vae --set data.name=suns --plugin my_attributes.py`.

# %%
preparation = Preparation(source=Path("suns"), attributes=Path("suns.csv"), name="suns", size=SIDE, colour=True)
suns = with_plugins(prepare_dataset("images", preparation, again=True), plugins)
recipe = load_recipe(
    "images/ar-vae",
    [
        "data.name=suns",
        "training.steps=900",
        "model.channels=[8,16]",
        "model.hidden_sizes=[128]",
        "evaluation.items=12",
    ],
)
run = train(recipe, suns, Path("runs/suns"))
knobs = calibrate_run(run, suns)

# %% [markdown]
# Nobody can measure "warmth" of a decoded picture by definition, so latune trained a *reader* on the real pictures.
# How well it reads pictures that it has never seen stands beside the scores:

# %%
metrics = evaluate_run(run, suns, open_editor(run.folder, plugins))
print({name: round(value, 3) for name, value in metrics["attribute_reader"]["per_attribute"].items()})
model = latune.load("runs/suns", plugins=["my_attributes.py"])
print(model)

# %% [markdown]
# ## Turn your knobs


# %%
def show(rows, labels):
    """Rows of coloured pictures (rows, columns, 3, side, side), with a word beside each row."""
    figure, axes = plt.subplots(len(rows), figsize=(7, 1.1 * len(rows)), squeeze=False, layout="tight")
    for axis, row, label in zip(axes[:, 0], rows, labels, strict=True):
        axis.imshow(np.concatenate([picture.transpose(1, 2, 0) for picture in row], axis=1))
        axis.set(xticks=[], yticks=[], frame_on=False)
        axis.set_ylabel(label, rotation=0, ha="right", va="center")
    figure.savefig("rows.png", dpi=70)
    plt.close(figure)
    display(Image("rows.png"))


picture = Path("suns/7.png")
warmer = [model.edit(picture, warmth=value, nearest=True).items[0] for value in (0.0, 0.25, 0.5, 0.75, 1.0)]
larger = [model.edit(picture, size=value, nearest=True).items[0] for value in (9, 11, 13, 15, 17)]
higher = [model.edit(picture, height=value, nearest=True).items[0] for value in (0.0, 0.25, 0.5, 0.75, 1.0)]
brighter = [model.edit(picture, sky=value, nearest=True).items[0] for value in (0.05, 0.15, 0.25, 0.35, 0.45)]
show([warmer, larger, higher, brighter], ["warmth", "size", "height", "sky"])

# %% [markdown]
# And what the model makes of a wish for several things at once, measured on the result:

# %%
result = model.edit(picture, warmth=1.0, size=14, height=0.8, nearest=True)
print(result)
result.save("warm.png")

# %% [markdown]
# Your own tunes go the same way: `latune data prepare tunes --source my-folder --name mine`, then `latune train
# chorales/ar-vae --set data.name=mine`.
