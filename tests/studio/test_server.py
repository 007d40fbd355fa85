"""The server: page, files of runs, and what only Python can do, asked as the page asks it."""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

import latune
from latune.music.score import tune_from_ticks, write_tune
from latune.studio.api import Limits
from latune.studio.bundle import run_keys
from latune.studio.kept_bundles import prepare_run
from latune.studio.server import Processes, create_app
from latune.training.run_folder import open_run

KINDS = ("measures", "pictures", "songs", "phrases")


@pytest.fixture(scope="module")
def runs(trained_run, trained_picture_run, song_run, phrase_run, stored_ellipses, tmp_path_factory):
    """Copies: the server keeps files in the folders of its runs."""
    folder, originals = tmp_path_factory.mktemp("served"), (trained_run, trained_picture_run, song_run, phrase_run)
    copies = [shutil.copytree(run.folder, folder / key) for key, run in zip(KINDS, originals, strict=True)]
    return {copy.name: open_run(copy) for copy in copies}


@pytest.fixture(scope="module")
def app(runs, page, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    prepared = [prepare_run(run.folder, key, (), elsewhere) for key, run in runs.items()]
    limits = Limits(file=2**20, question=2**20, reading=60.0, making=60.0)
    return create_app(prepared, "127.0.0.1", limits, Processes(1, 1), page)


@pytest.fixture(scope="module")
def client(app):
    with TestClient(app, base_url="http://127.0.0.1:8080") as client:
        yield client


@pytest.fixture(scope="module")
def models(runs):
    return {key: latune.load(run.folder) for key, run in runs.items()}


def text_of(items):
    return base64.b64encode(np.ascontiguousarray(items, np.uint8).tobytes()).decode()


def items_of(told, model, part="items"):
    return np.frombuffer(base64.b64decode(told[part]), np.uint8).reshape(-1, *model.editor.codec.item_shape)


def read(client, key, name, content):
    return client.post(f"/api/{key}/read", content=content, headers={"X-File-Name": quote(name)})


def ask(client, key, what, **question):
    return client.post(f"/api/{key}/{what}", json=question)


def error_of(answer, status):
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"]
    return answer.json()["error"]


@pytest.fixture(scope="module")
def tune_file(synthetic, tmp_path_factory):
    """A function from a suffix to the content of a file of five measures, the last of them silent."""
    ticks = synthetic.codec.ticks(synthetic.items[synthetic.splits["test"][[0, 1, 0, 2, 3]]]).copy()
    tune = tune_from_ticks(ticks, title="Été")

    def content(suffix):
        path = tmp_path_factory.mktemp("files") / f"tune{suffix}"
        write_tune(tune, path)
        return path

    return content


class TestFiles:
    def test_the_page(self, client, page):
        assert client.get("/").text == (page / "index.html").read_text() == client.get("/index.html").text
        script = client.get("/assets/page-1a2b.js")
        assert script.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "immutable" in script.headers["cache-control"]
        assert client.get("/assets/engine.wasm").headers["content-type"] == "application/wasm"
        assert client.head("/").headers["content-length"] == str(len((page / "index.html").read_bytes()))

    def test_the_list_of_runs(self, client):
        told = client.get("/runs.json").json()
        assert told["server"] is True
        assert [run["key"] for run in told["runs"]] == list(KINDS)

    def test_files_of_a_run(self, client, runs):
        told = client.get("/runs/pictures/studio.json").json()
        assert (told["key"], told["command"]) == ("pictures", str(runs["pictures"].folder))
        kept = runs["pictures"].folder / "studio" / "files"
        for name in ("encoder.onnx", "gallery.bin", "latune.json"):
            assert client.get(f"/runs/pictures/{name}").content == (kept / name).read_bytes()

    def test_compressed_and_not_sent_twice(self, client):
        packed = client.get("/runs/measures/encoder.onnx")
        assert packed.headers["content-encoding"] == "gzip"
        plain = client.get("/runs/measures/encoder.onnx", headers={"Accept-Encoding": "gzip;q=0"})
        assert "content-encoding" not in plain.headers
        assert plain.content == packed.content
        assert plain.headers["etag"] != packed.headers["etag"]
        for answer in (plain, packed):
            headers = {
                "If-None-Match": answer.headers["etag"],
                "Accept-Encoding": answer.request.headers["accept-encoding"],
            }
            again = client.get("/runs/measures/encoder.onnx", headers=headers)
            assert (again.status_code, again.content) == (304, b"")

    @pytest.mark.parametrize(
        "path",
        [
            "/../../etc/passwd",
            "/assets/../../conftest.py",
            "/assets/..%2f..%2fetc/passwd",
            "/%2e%2e/%2e%2e/etc/passwd",
            "//etc/passwd",
            "/etc/passwd",
            "/assets/",
            "/runs/measures/",
            "/runs/measures/../../weights.safetensors",
            "/runs/measures/made_of.json",
            "/runs/measures/weights.safetensors",
            "/runs/../studio.json",
            "/runs/nobody/studio.json",
            "/single.html",
            "/assets\\..\\index.html",
            "/assets/page-1a2b.js%00",
        ],
    )
    def test_nothing_else(self, app, path):
        """As a server hands it on: percent signs are read, dots and slashes are not."""
        from urllib.parse import unquote

        from starlette.testclient import TestClient as Client

        async def raw(scope, receive, send):
            await app({**scope, "path": unquote(path), "raw_path": path.encode()}, receive, send)

        answer = Client(raw, base_url="http://127.0.0.1").get("/anything")
        assert error_of(answer, 404) == "There is nothing of that name."

    def test_only_get(self, client):
        assert client.post("/index.html").status_code == 405
        assert client.get("/api/measures/measure").status_code in (404, 405)


class TestReading:
    @pytest.mark.parametrize("suffix", [".mid", ".abc", ".musicxml", ".mxl"])
    def test_a_tune(self, client, models, tune_file, suffix):
        path, model = tune_file(suffix), models["measures"]
        told = read(client, "measures", "Ein Märchen" + suffix, path.read_bytes()).json()
        assert np.array_equal(items_of(told, model), model._medium.items(path))
        assert (told["count"], told["names"][4], told["shift"]) == (5, "measure 5", 0)
        assert told["title"] in ("Été", "Ein Märchen")

    def test_phrases(self, client, models, tune_file):
        path, model = tune_file(".mid"), models["phrases"]
        told = read(client, "phrases", "a.mid", path.read_bytes()).json()
        assert np.array_equal(items_of(told, model), model._medium.items(path))
        assert told["count"] == 2
        assert "so that it ends with the tune" in told["remarks"][-1]

    def test_a_tune_out_of_range_is_moved(self, client, models, tmp_path):
        ticks = np.full((1, 24), -1)
        ticks[0, :3] = 36
        write_tune(tune_from_ticks(ticks), tmp_path / "low.mid")
        told = read(client, "measures", "low.mid", (tmp_path / "low.mid").read_bytes()).json()
        assert told["shift"] == 24
        assert "Moved by +24 semitones for the model." in told["remarks"]

    def test_pictures(self, client, models, ellipses, tmp_path):
        pictures = ellipses.items[:3]
        np.savez(tmp_path / "three.npz", images=pictures)
        told = read(client, "pictures", "three.npz", (tmp_path / "three.npz").read_bytes()).json()
        assert np.array_equal(items_of(told, models["pictures"]), models["pictures"]._medium.items(pictures))
        assert told["names"] == ["three, picture 1", "three, picture 2", "three, picture 3"]
        Image.fromarray(pictures[0, 0]).resize((40, 40)).save(tmp_path / "one.png")
        told = read(client, "pictures", "C:\\pictures\\one.PNG", (tmp_path / "one.png").read_bytes()).json()
        assert np.array_equal(
            items_of(told, models["pictures"]), models["pictures"]._medium.items(tmp_path / "one.png")
        )
        assert (told["names"], told["remarks"][0][:14]) == (["one"], "Brought from 4")

    def test_a_song(self, client, models, songs, tmp_path):
        phrases = models["songs"].sample(2, seed=1)
        phrases.save(tmp_path / "song.mid")
        told = read(client, "songs", "song.mid", (tmp_path / "song.mid").read_bytes()).json()
        assert np.array_equal(items_of(told, models["songs"]), models["songs"]._medium.items(tmp_path / "song.mid"))
        assert (told["title"], told["tempo"], len(told["programs"])) == ("song", 120, 4)

    def test_many_pictures_are_cut_off(self, client, tmp_path):
        np.savez_compressed(tmp_path / "many.npz", images=np.zeros((400, 20, 20), np.uint8))
        told = read(client, "pictures", "many.npz", (tmp_path / "many.npz").read_bytes()).json()
        assert (told["count"], len(told["names"])) == (256, 256)
        assert told["remarks"][-1].endswith("the first 256 are taken.")

    @pytest.mark.parametrize(
        ("key", "name", "content", "words"),
        [
            ("measures", "a.mid", b"nonsense", "'a.mid'"),
            ("measures", "a.mid", b"", "The file 'a.mid' is empty."),
            ("measures", "a.exe", b"MZ", "ends in '.exe'"),
            ("measures", "../../../etc/passwd", b"x", "'passwd' has no suffix"),
            (
                "measures",
                "a.musicxml",
                b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
                "a.musicxml",
            ),
            ("pictures", "a.png", b"\x89PNG\r\n\x1a\nnonsense", "'a.png': expected a PNG or JPEG picture"),
            ("pictures", "/etc/a.svg", b"<svg/>", "'a.svg': expected a name that ends in .png"),
            ("pictures", "a.npz", b"PK\3\4", "'a.npz' cannot be read"),
            ("songs", "a.mid", b"MThd", "a.mid"),
        ],
    )
    def test_what_cannot_be_read(self, client, key, name, content, words):
        sentence = error_of(read(client, key, name, content), 400)
        assert words in sentence
        assert "/tmp" not in sentence

    def test_a_pickle_is_not_loaded(self, client, tmp_path):
        mark = tmp_path / "mark"

        class Evil:
            def __reduce__(self):
                return os.system, (f"touch {mark}",)

        np.savez(tmp_path / "evil.npz", images=np.array([Evil()], dtype=object))
        assert "cannot be read" in error_of(
            read(client, "pictures", "e.npz", (tmp_path / "evil.npz").read_bytes()), 400
        )
        assert not mark.exists()

    def test_a_name_is_needed(self, client):
        assert "X-File-Name" in error_of(client.post("/api/measures/read", content=b"x"), 400)

    def test_too_large(self, client):
        assert error_of(read(client, "pictures", "a.png", bytes(2**20 + 1)), 413) == (
            "This is too large: expected at most 1 MiB."
        )

        def pieces():
            for _ in range(40):
                yield bytes(2**16)

        answer = client.post("/api/pictures/read", content=pieces(), headers={"X-File-Name": "a.png"})
        assert answer.status_code == 413


class TestMaking:
    def test_measure(self, client, models, synthetic):
        items = synthetic.items[synthetic.splits["test"][:7]]
        told = ask(client, "measures", "measure", items=text_of(items)).json()
        assert told["names"] == list(models["measures"].editor.codec.table.names)
        assert np.array_equal(told["values"], models["measures"].editor.codec.measure(items))

    @pytest.mark.parametrize("way", ["path", "exact", "joint", "alone"])
    def test_measures_are_edited_as_by_latune_edit(self, client, models, synthetic, way):
        model, items = models["measures"], synthetic.items[synthetic.splits["test"][[0, 1, 0, 2, 3, 4, 5]]].copy()
        items[3] = synthetic.codec.vocabulary.tokens_from_ticks(np.array([[-2] + [-1] * 23]))  # a rest
        question = {"targets": {"note_density": 0.25}, "held": ["contour"], "way": way, "seed": 3}
        told = ask(client, "measures", "edit", items=text_of(items), **question).json()
        expected = model.edit(
            synthetic.codec.ticks(items), note_density=0.25, hold="contour", way=way, seed=3, nearest=True
        )
        edited = items_of(told, model)
        assert np.array_equal(synthetic.codec.ticks(edited), expected.items)
        assert np.array_equal(edited[3], items[3])
        assert np.array_equal(edited[0], edited[2])
        assert np.array_equal(np.delete(told["values"], 3, axis=0), expected.values)
        decoded = model.editor.decode(np.array(told["codes"], np.float32))
        assert np.array_equal(np.delete(decoded, 3, axis=0), np.delete(edited, 3, axis=0))
        hits = {answer["name"]: answer["within_10_percent"] / answer["count"] for answer in told["answers"]}
        assert hits == expected.hits
        assert told["shown"] is None

    def test_an_attribute_without_a_knob_is_held(self, client, models, synthetic):
        model, items = models["measures"], synthetic.items[synthetic.splits["test"][:3]]
        question = {"targets": {"note_density": 0.25}, "held": ["mean_pitch"]}
        told = ask(client, "measures", "edit", items=text_of(items), way="exact", **question).json()
        expected = model.edit(
            synthetic.codec.ticks(items), note_density=0.25, hold="mean_pitch", way="exact", nearest=True
        )
        assert np.array_equal(synthetic.codec.ticks(items_of(told, model)), expected.items)
        refusal = error_of(ask(client, "measures", "edit", items=text_of(items), way="path", **question), 400)
        assert refusal == "'mean_pitch' has no knob in this run: holding it needs --exact."

    def test_pictures(self, client, models, ellipses):
        model, items = models["pictures"], ellipses.items[ellipses.splits["test"][:3]]
        told = ask(client, "pictures", "edit", items=text_of(items), targets={"slant": 0.1}).json()
        expected = model.editor.turn_along_path(items, {"slant": 0.1})
        assert np.array_equal(items_of(told, model), expected.items)
        assert np.allclose(told["values"], expected.values)
        assert np.array_equal(items_of(told, model, "shown"), expected.items)  # grey: what is seen is what is stored
        assert np.array_equal(told["before"], model.editor.codec.measure(items))

    def test_one_value_per_item(self, client, models, ellipses):
        model, items = models["pictures"], ellipses.items[ellipses.splits["test"][:3]]
        told = ask(client, "pictures", "edit", items=text_of(items), targets={"slant": [0.1, -0.2, 0.0]}).json()
        expected = model.editor.turn_along_path(items, {"slant": np.array([0.1, -0.2, 0.0])})
        assert np.array_equal(items_of(told, model), expected.items)
        answer = ask(client, "pictures", "edit", items=text_of(items), targets={"slant": [0.1]})
        assert error_of(answer, 400) == "'targets': expected 3 numbers for 'slant', one per item, got 1."

    def test_one_value_per_measure_keeps_equal_requests_equal(self, client, models, synthetic):
        items = synthetic.items[synthetic.splits["test"][[0, 1, 0, 0]]]
        targets = {"note_density": [0.25, 0.25, 0.25, 0.125]}
        edited = items_of(
            ask(client, "measures", "edit", items=text_of(items), targets=targets).json(), models["measures"]
        )
        assert np.array_equal(edited[0], edited[2])
        assert not np.array_equal(edited[0], edited[3])

    def test_songs(self, client, models, songs):
        items = songs.items[songs.splits["test"][:1]]
        told = ask(client, "songs", "edit", items=text_of(items), targets={"drums_notes": 80}).json()
        expected = models["songs"].edit(items, drums_notes=80, nearest=True)
        assert np.array_equal(items_of(told, models["songs"]), expected.items)

    def test_phrases(self, client, models, synthetic):
        ticks = synthetic.codec.ticks(synthetic.items[synthetic.split("test")[:6]])
        items = synthetic.codec.vocabulary.tokens_from_ticks(ticks)
        for targets in ({"note_density": 0.25}, {"note_density_4": 0.1}):
            told = ask(client, "phrases", "edit", items=text_of(items), targets=targets).json()
            expected = models["phrases"].edit(ticks, nearest=True, **targets)
            assert np.array_equal(
                synthetic.codec.ticks(items_of(told, models["phrases"])).reshape(6, 24), expected.items
            )

    def test_what_nothing_comes_near(self, client, synthetic):
        items = text_of(synthetic.items[synthetic.splits["test"][:2]])
        answer = ask(client, "measures", "edit", items=items, targets={"note_density": 0.9}, nearest=False)
        assert error_of(answer, 400).startswith("note_density=0.9 cannot be reached: the nearest that was reached is")
        told = ask(client, "measures", "edit", items=items, targets={"note_density": 0.9}).json()
        assert told["answers"] == [{"name": "note_density", "held": False, "within_10_percent": 0, "count": 2}]

    @pytest.mark.parametrize(
        ("question", "words"),
        [
            ({"items": "!"}, "'items': expected base64."),
            ({"items": 7}, "'items': expected base64."),
            ({}, "'items': expected base64."),
            ({"items": "AAAA"}, "'items': expected 24 bytes for each item, got 3 in all."),
            ({"items": text_of(np.full(24, 200))}, "'items': expected bytes from 0 to 31, got 200."),
            ({"items": text_of(np.zeros((257, 24)))}, "'items': expected at most 256, got 257."),
            ({"items": text_of(np.zeros(24)), "targets": {}}, "'targets': expected a value for at least one knob"),
            (
                {"items": text_of(np.zeros(24)), "targets": {"note_density": "x"}},
                "expected a number for 'note_density'",
            ),
            (
                {"items": text_of(np.zeros(24)), "targets": {"note_density": True}},
                "expected a number for 'note_density'",
            ),
            ({"items": text_of(np.zeros(24)), "targets": {"loudness": 1}}, "There is no knob 'loudness'"),
            (
                {"items": text_of(np.zeros(24)), "targets": {"contour": 0}, "held": "x"},
                "'held': expected a list of names.",
            ),
            ({"items": text_of(np.zeros(24)), "targets": {"contour": 0}, "way": "up"}, "'way': expected path, exact"),
            (
                {"items": text_of(np.zeros(24)), "targets": {"contour": 0}, "seed": -1},
                "'seed': expected a whole number",
            ),
            (
                {"items": text_of(np.zeros(24)), "targets": {"contour": 0}, "nearest": 1},
                "'nearest': expected true or false.",
            ),
            ({"items": text_of(np.zeros(24)), "folder": "/"}, "'folder' is unknown: expected items, targets"),
            ({"items": text_of(np.zeros(24)), "task": "read"}, "'task' is unknown: expected items, targets"),
        ],
    )
    def test_bad_questions(self, client, question, words):
        assert words in error_of(ask(client, "measures", "edit", **{"targets": {"contour": 0.1}, **question}), 400)

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"7", b"[" * 100_000, b'{"targets": {"contour": NaN}}', b"\xff"]
    )
    def test_no_questions(self, client, body):
        error_of(client.post("/api/measures/edit", content=body), 400)

    def test_unknown_runs_and_questions(self, client):
        for path in ("/api/nobody/edit", "/api/measures/delete", "/api/../edit/read"):
            assert client.post(path, content=b"{}").status_code in (404, 405)


def test_time_limits(runs, page, tmp_path, synthetic):
    """A search that takes too long is ended, and the next request is answered."""
    prepared = [prepare_run(runs["measures"].folder, "measures", (), tmp_path)]
    items = text_of(synthetic.items[synthetic.splits["test"][:60]])
    hard = {"targets": {"note_density": 0.99}, "held": ["mean_pitch", "contour"], "way": "exact"}
    app = create_app(prepared, "127.0.0.1", Limits(making=0.3), Processes(1, 1), page)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert error_of(ask(client, "measures", "edit", items=items, **hard), 504) == "It took longer than 0.3 seconds."
        assert ask(client, "measures", "measure", items=items).status_code == 200


def test_a_worker_that_is_killed_is_replaced(runs, page, tmp_path, synthetic):
    prepared = [prepare_run(runs["measures"].folder, "measures", (), tmp_path)]
    app = create_app(prepared, "127.0.0.1", None, Processes(1, 1), page)
    items = text_of(synthetic.items[:1])
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert ask(client, "measures", "measure", items=items).status_code == 200
        read(client, "measures", "a.mid", b"x")  # both processes are there
        for child in children(os.getpid()):
            os.kill(child, signal.SIGKILL)
        answer = ask(client, "measures", "measure", items=items)
        assert "has ended: try again" in error_of(answer, 503)
        assert ask(client, "measures", "measure", items=items).status_code == 200
        assert "crash" in error_of(read(client, "measures", "a.mid", b"x"), 400)
    assert children(os.getpid()) == []


def children(process):
    """Workers of a process."""
    psutil = pytest.importorskip("psutil")
    found = []
    for child in psutil.Process(process).children():
        with suppress(psutil.Error):  # it has just ended
            found += [child.pid] if "worker_process" in " ".join(child.cmdline()) else []
    return found


@pytest.mark.slow
def test_the_command(runs, page, synthetic, tmp_path):
    """`latune studio` on a port of its own, until it is interrupted."""
    start = (
        "import sys; from pathlib import Path; import latune.studio.page as page; from latune.cli import main;"
        f"page.PAGE = Path({str(page)!r}); sys.argv = ['latune', 'studio', {str(runs['measures'].folder)!r},"
        " '--port', '0', '--no-open']; main()"
    )
    command = [sys.executable, "-c", start]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            line = process.stdout.readline()
            address = line.split()[4]
            assert line == f"The studio is at {address} (Ctrl-C ends it).\n"
            import httpx2

            with httpx2.Client(base_url=address, timeout=60) as client:
                (run,) = client.get("/runs.json").json()["runs"]
                assert run["key"] == run_keys([runs["measures"].folder])[0]
                answer = ask(client, run["key"], "measure", items=text_of(synthetic.items[:2]))
                assert np.array_equal(answer.json()["values"], synthetic.codec.measure(synthetic.items[:2]))
            workers = children(process.pid)
            assert workers
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
            time.sleep(0.5)
            assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
        finally:
            process.kill()


def test_a_port_that_is_taken():
    import socket

    from latune.errors import InputError
    from latune.studio.serving import Address, listening

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = Address("127.0.0.1", other.getsockname()[1])
        with pytest.raises(InputError, match="choose another --port"), listening(taken):
            pass
    with (
        pytest.raises(InputError, match="expected a name or an address of this machine"),
        listening(Address("no.where.invalid", 0)),
    ):
        pass
    with listening(Address("127.0.0.1", 0)) as (_, found):
        assert found.port > 0
    assert str(Address("0.0.0.0", 80)) == "http://localhost:80/"
    assert str(Address("::1", 80)) == "http://[::1]:80/"


def test_the_list_of_files_is_json(client):
    assert json.loads(client.get("/runs/songs/studio.json").text)["medium"] == "songs"
