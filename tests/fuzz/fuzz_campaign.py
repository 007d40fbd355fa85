"""Tries damaged files on every reader: `python tests/fuzz/fuzz_campaign.py --minutes 60` (`make fuzz`).

A reader gives what a file holds or refuses it with one sentence; anything else (another error, a crash, more than
twenty seconds, more than four gigabytes) is a finding. The file is kept beside this one, in `regressions/READER/`,
where the tests read it ever after.
"""

import argparse
import hashlib
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

from fuzz_mutations import mutated
from fuzz_readers import READERS

from latune.errors import LatuneError

SECONDS = 20.0  # for one file
MEMORY = 4 * 2**30  # bytes beyond what the process begins with
BATCH = 200  # files per process
REGRESSIONS = Path(__file__).with_name("regressions")


@dataclass(frozen=True)
class Finding:
    """A file that was neither read nor refused."""

    reader: str
    content: bytes
    what: str


def try_file(name: str, path: Path) -> str | None:
    """What went wrong when a reader read a file, or None."""
    try:
        READERS[name].read(path)
    except LatuneError as error:
        message = str(error)
        return None if message and "\n" not in message else f"a message of several lines: {message!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def try_seeds(name: str, seeds: range, scratch: Path, findings: list[Finding]) -> int:
    """Try damaged files, each batch in a process of its own; returns how many were tried."""
    path = scratch / f"damaged{READERS[name].suffix}"
    examples = READERS[name].examples(scratch)
    done = 0
    while done < len(seeds):
        receiver, sender = multiprocessing.Pipe(duplex=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            work = multiprocessing.get_context("fork").Process(
                target=_batch, args=(name, list(seeds[done:]), examples, path, sender)
            )
            work.start()
        sender.close()
        done += _watch(name, receiver, work, findings)
    return done


def _batch(name, seeds, examples, path, sender):
    limit = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    warnings.simplefilter("ignore")
    for seed in seeds:
        content = mutated(examples[seed % len(examples)], examples, seed)
        path.write_bytes(content)
        sender.send(("begun", content))
        sender.send(("done", try_file(name, path)))
    sender.close()
    os._exit(0)


def _watch(name, receiver, work, findings) -> int:
    """Wait for a batch; returns how many files it has tried."""
    tried, reading, content = 0, False, b""
    try:
        while True:
            if not receiver.poll(SECONDS):
                work.kill()
                findings.append(Finding(name, content, f"took longer than {SECONDS:g} s"))
                return tried + 1
            kind, what = receiver.recv()
            reading = kind == "begun"
            if reading:
                content = what
                continue
            tried += 1
            if what is not None:
                findings.append(Finding(name, content, what))
    except EOFError:
        work.join()
        if reading:
            findings.append(Finding(name, content, f"ended the process, code {work.exitcode}"))
            return tried + 1
        return tried
    finally:
        work.join()


def keep(finding: Finding) -> Path:
    """Keep the file of a finding where tests read it."""
    folder = REGRESSIONS / finding.reader
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(finding.content).hexdigest()[:12]
    path = folder / f"{name}{READERS[finding.reader].suffix}"
    path.write_bytes(finding.content)
    return path


def main() -> int:
    """Try damaged files for some minutes, every reader in turn; the exit code says whether something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0, help="of the first file; another one tries other files")
    parser.add_argument("--reader", choices=sorted(READERS), action="append", help="only this one")
    options = parser.parse_args()
    names, end = options.reader or list(READERS), time.monotonic() + 60 * options.minutes
    counts, kinds, seed = dict.fromkeys(names, 0), set(), options.seed
    with tempfile.TemporaryDirectory() as scratch:
        while time.monotonic() < end:
            for name in names:
                findings: list[Finding] = []
                counts[name] += try_seeds(name, range(seed, seed + BATCH), Path(scratch), findings)
                for finding in findings:
                    kind = (name, finding.what[:60])
                    if kind not in kinds:
                        kinds.add(kind)
                        print(f"{name}: {finding.what[:300]}\n  {keep(finding)}", flush=True)
            seed += BATCH
    print(", ".join(f"{name} {count:,}" for name, count in counts.items()), f"files tried, {len(kinds)} findings.")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
