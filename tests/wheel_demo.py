"""Install the wheel in a new environment and run `latune demo` there, in an empty folder with no data prepared.

    python tests/wheel_demo.py dist/latune-0.1.0-py3-none-any.whl

Some ten minutes: PyTorch is fetched, the chorales are read, a model is trained. Prints how long each part took.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
TORCH = next(line for line in (ROOT / "constraints.txt").read_text().splitlines() if line.startswith("torch=="))


def timed(what: str, command: list[str], folder: Path) -> None:
    """Run a command in a folder and print how many seconds it took."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    begun = time.monotonic()
    subprocess.run(command, cwd=folder, env={**environment, "LATUNE_DATA": str(folder / "data")}, check=True)
    print(f"{what}: {time.monotonic() - begun:.0f} s", flush=True)


def main(wheel: Path) -> None:
    """Install and run; the folder is removed at the end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python, constraints = folder / "venv" / "bin" / "python", ROOT / "constraints.txt"
        install = [str(python), "-m", "pip", "install", "--quiet", "-c", str(constraints)]
        timed("environment", [sys.executable, "-m", "venv", "venv"], folder)
        timed("PyTorch", [*install, TORCH], folder)
        timed("latune", [*install, f"{wheel.resolve()}[all]"], folder)
        (folder / "empty").mkdir()
        timed(
            "demo", [str(python.with_name("latune")), "demo", "--out", str(folder / "empty" / "demo")], folder / "empty"
        )
        report = folder / "empty" / "demo" / "report.html"
        print(f"report.html: {report.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
