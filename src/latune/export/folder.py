"""New folders that appear complete or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from latune.errors import InputError

__all__ = ["new_folder"]


@contextmanager
def new_folder(output: Path) -> Iterator[Path]:
    """A temporary folder beside `output`, which takes its name when the block ends without an error.

    Raises:
        InputError: There is something of that name already, or it cannot be written.
    """
    output = output.absolute()
    if output.exists() or output.is_symlink():
        raise InputError(f"{output} exists already: choose another --output.")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    except OSError as error:
        raise InputError(f"Cannot write {output}: {error.strerror}.") from error
    try:
        yield temporary
        temporary.chmod(0o755)
        temporary.rename(output)
    except OSError as error:
        raise InputError(f"Cannot write {output}: {error.strerror}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
