"""Recipes: YAML files that say all there is to say about one experiment."""

from latune.recipes.loading import list_recipes, load_recipe
from latune.recipes.recipe import Recipe

__all__ = ["Recipe", "list_recipes", "load_recipe"]
