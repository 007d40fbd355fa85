"""The errors that latune raises for its users.

Every message is one sentence that names the thing (file, field), what was expected and what came instead.
The command line prints it and exits with code 2.
"""

__all__ = [
    "DataError",
    "InputError",
    "LatuneError",
    "MissingExtraError",
    "RecipeError",
    "RunError",
    "TrainingError",
]


class LatuneError(Exception):
    """Base of all errors that a user can cause and mend."""


class InputError(LatuneError):
    """A file or an array that was given is missing, damaged or not of the expected kind."""


class RecipeError(LatuneError):
    """A recipe, or an override of it, asks for something that does not exist."""


class DataError(LatuneError):
    """A data set is not prepared, incomplete or does not fit the request."""


class RunError(LatuneError):
    """A run folder is missing, unfinished, in use, or of another version."""


class TrainingError(LatuneError):
    """Training cannot go on, for example because the loss is not a number any more."""


class MissingExtraError(LatuneError):
    """An optional dependency is not installed.

    Args:
        package: Name of the package that could not be imported.
        extra: The latune extra that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"This needs the package '{package}': pip install 'latune[{extra}]'.")
