"""Ten users of one studio: how long `read`, `measure` and `edit` take, and whether any of them fails.

    python benchmarks/studio_load.py runs/chorales runs/sprites --users 10 --requests 20

Starts `latune studio` with the runs. For each run and question every user asks, waits for the answer, and asks again at
once (`--pause` seconds later). What is sent: the first whole tune of the gallery as a MIDI file, or a picture as PNG;
the same items to be measured; and, to be edited along the path, `--measures` measures, or one picture, to values drawn
within the knob's range. Prints median, 95th percentile and errors.
"""

import argparse
import base64
import http.client
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit
from urllib.request import urlopen

import numpy as np
from PIL import Image

from latune.data.codec_registry import codec_from_dict
from latune.music.score import tune_from_ticks, write_tune

Body = tuple[bytes, dict[str, str]]


@dataclass
class Times:
    """Seconds of the answers, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass
class Subject:
    """A run as the page sees it."""

    key: str
    studio: dict
    description: dict
    items: np.ndarray


def fetched(address: str) -> bytes:
    """What lies at an address."""
    with urlopen(address) as answer:
        return answer.read()


def subjects(address: str) -> list[Subject]:
    """The runs of a server."""
    found = []
    for run in json.loads(fetched(f"{address}runs.json"))["runs"]:
        base = f"{address}runs/{run['key']}/"
        studio, description = (json.loads(fetched(base + name)) for name in ("studio.json", "latune.json"))
        shape = codec_from_dict(description["codec"]).item_shape
        items = np.frombuffer(fetched(base + "gallery.bin"), np.uint8).reshape(-1, *shape)
        found.append(Subject(run["key"], studio, description, items))
    return found


def upload(subject: Subject) -> Body:
    """A file, with its name."""
    codec, kind = codec_from_dict(subject.description["codec"]), subject.description["codec"]["kind"]
    if kind == "picture":
        picture, content = subject.items[0, 0], io.BytesIO()
        Image.fromarray(picture * np.uint8(255 // codec.levels)).save(content, "PNG")
        return content.getvalue(), {"X-File-Name": "picture.png"}
    if kind != "measure":
        sys.exit(f"{subject.key}: expected a run on pictures or measures.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tune.mid"
        write_tune(tune_from_ticks(codec.ticks(first_items(subject)), metre=codec.metre), path)
        return path.read_bytes(), {"X-File-Name": "tune.mid"}


def first_items(subject: Subject) -> np.ndarray:
    """The first tune of the gallery, or its first picture."""
    tunes = subject.studio["gallery"]["tunes"]
    return subject.items[: tunes[0]["count"] if tunes else 1]


def question(subject: Subject, what: str, measures: int, draw: random.Random) -> Body:
    """The body of a request."""
    if what == "read":
        return upload(subject)
    chosen = first_items(subject)
    asked = {}
    if what == "edit":
        start = draw.randrange(len(subject.items))
        chosen = np.roll(subject.items, -start, axis=0)[: measures if len(chosen) > 1 else 1]
        knob = draw.choice(subject.description["knobs"]["knobs"])
        asked = {"targets": {knob["name"]: draw.uniform(knob["low"], knob["high"])}}
    items = base64.b64encode(chosen.tobytes()).decode()
    return json.dumps({"items": items, **asked}).encode(), {"Content-Type": "application/json"}


def use(address: str, path: str, bodies: list[Body], pause: float, times: Times) -> None:
    """One user: the requests one after the other."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
    for body, headers in bodies:
        start = time.perf_counter()
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            times.seconds.append(time.perf_counter() - start)
            if answer.status != 200:
                times.errors.append(content.decode())
        except OSError as error:
            times.errors.append(str(error))
        time.sleep(pause)
    connection.close()


def measure(address: str, subject: Subject, what: str, options: argparse.Namespace) -> Times:
    """All users with one question."""
    times, draw, path = Times(), random.Random(0), f"/api/{subject.key}/{what}"
    bodies = [
        [question(subject, what, options.measures, draw) for _ in range(options.requests)] for _ in range(options.users)
    ]
    for body in bodies:
        use(address, path, body[:1], 0, Times())  # nothing of what is measured is the first of its kind
    users = [threading.Thread(target=use, args=(address, path, body, options.pause, times)) for body in bodies]
    for user in users:
        user.start()
    for user in users:
        user.join()
    return times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--requests", type=int, default=20, help="of each user")
    parser.add_argument("--measures", type=int, default=1, help="of a tune, to be edited")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between an answer and the next request")
    options = parser.parse_args()
    command = [sys.executable, "-m", "latune", "studio", *options.runs, "--no-open", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().split()[4]
            load = f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before"
            print(
                f"{options.users} users, {options.requests} requests of each, {options.pause:g} s between them; {load}"
            )
            print(f"{'run':<16} {'question':<8} {'median':>8} {'95 %':>8} {'errors':>6}")
            for subject in subjects(address):
                for what in ("read", "measure", "edit"):
                    times = measure(address, subject, what, options)
                    milliseconds = [1000 * second for second in times.seconds]
                    high = quantiles(milliseconds, n=20)[-1]
                    row = f"{median(milliseconds):5.0f} ms {high:5.0f} ms {len(times.errors):>6}"
                    print(f"{subject.key:<16} {what:<8} {row}  {times.errors[0] if times.errors else ''}", flush=True)
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
