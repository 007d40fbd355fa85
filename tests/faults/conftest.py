"""What the tests of faults share: processes to kill, small disks."""

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import time
import warnings

import pytest


@pytest.fixture
def killed_in_the_middle():
    """A function that runs work in a process of its own and kills it at a random moment of a span, in seconds.

    It says whether the kill came before the end of the work.
    """

    def run(work, span, seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forks; this process has no threads
            process = multiprocessing.get_context("fork").Process(target=_quietly, args=(work,))
            process.start()
        process.join(random.Random(seed).uniform(0, span))
        alive = process.is_alive()
        if alive:
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert alive or process.exitcode == 0
        return alive

    return run


def _quietly(work):
    """Work in a forked process; what pytest holds open is not flushed a second time."""
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


@pytest.fixture
def seconds_of():
    """A function that says how long work takes."""

    def measure(work):
        start = time.monotonic()
        work()
        return time.monotonic() - start

    return measure


class Disk:
    """A file system in memory.

    Args:
        folder: Where it is.
    """

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def mount(self, options):
        """Mount it, or mount it again with other options."""
        command = ["mount", "-t", "tmpfs", "-o", options, "latune-test", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"file systems cannot be mounted here: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own, not mounted yet; needs the right to mount."""
    if shutil.which("mount") is None:
        pytest.skip("there is no program `mount`")
    found = Disk(tmp_path / "disk")
    yield found
    subprocess.run(["umount", str(found.folder)], capture_output=True)
