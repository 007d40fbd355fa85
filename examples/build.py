"""Make the notebooks beside this file from the scripts of the same names.

Example: python examples/build.py your_own_data

A script has cells: `# %%` begins code, `# %% [markdown]` begins text, whose lines are comments. Every notebook is run,
so that it comes with its output; each takes a minute or two. `--no-run` leaves the output out.
"""

import argparse
import os
import re
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

HERE = Path(__file__).parent
NAMES = ("knobs_for_music", "knobs_for_pictures", "your_own_data")
SECONDS_PER_CELL = 600

_CELL = re.compile(r"^# %%(?P<kind>| \[markdown\])\n", re.MULTILINE)


def notebook_of(script: str) -> NotebookNode:
    """The notebook that a script describes, without output.

    Raises:
        ValueError: The script does not begin with a cell.
    """
    marks = list(_CELL.finditer(script))
    if not marks or marks[0].start() > 0:
        raise ValueError("expected a script that begins with '# %%' or '# %% [markdown]'")
    ends = [*(mark.start() for mark in marks[1:]), len(script)]
    cells = []
    for number, (mark, end) in enumerate(zip(marks, ends, strict=True)):
        source = script[mark.end() : end].strip("\n")
        if mark["kind"]:
            cell = nbformat.v4.new_markdown_cell(re.sub(r"^# ?", "", source, flags=re.MULTILINE))
        else:
            cell = nbformat.v4.new_code_cell(source)
        cell["id"] = f"cell-{number}"  # a fixed name, so that making it again changes nothing
        cells.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    nbformat.validate(notebook)
    return notebook


def run(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run all cells in a folder; their output is in the notebook afterwards.

    Raises:
        CellExecutionError: A cell raised.
    """
    client = NotebookClient(
        notebook, timeout=SECONDS_PER_CELL, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env={**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"})
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of the day
    return notebook


def main() -> None:
    """Write the notebooks that were asked for."""
    parser = argparse.ArgumentParser(description="Make the example notebooks from their scripts.")
    parser.add_argument("names", nargs="*", default=NAMES, help="which; default: all")
    parser.add_argument("--no-run", action="store_true", help="leave the output out")
    parser.add_argument("--output", type=Path, default=HERE, help="folder for them; default: beside the scripts")
    arguments = parser.parse_args()
    for name in arguments.names:
        notebook = notebook_of((HERE / f"{name}.py").read_text(encoding="utf-8"))
        if not arguments.no_run:
            with tempfile.TemporaryDirectory() as folder:
                run(notebook, Path(folder))
        path = arguments.output / f"{name}.ipynb"
        nbformat.write(notebook, path)
        print(f"{path.name}: {len(notebook.cells)} cells, {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
