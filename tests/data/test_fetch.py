"""Downloads, from a server in this process: checked, kept, and refused in one sentence."""

import hashlib
import http.server
import threading

import pytest

from latune.data import fetch as fetching
from latune.data.fetch import fetch, fetch_mnist, fetch_scenes, fetch_sprites
from latune.errors import DataError

pytest.importorskip("pooch")

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self):
        self.asked.append(self.path)
        if "missing" in self.path:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:-5000] if "cut" in self.path else CONTENT)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    """Address of a server, paths it was asked for, and an empty folder of data sets."""
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    Handler.asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/", Handler.asked
        running.shutdown()
        thread.join()


def test_a_file_is_fetched_once(server, tmp_path):
    address, asked = server
    told = []
    path = fetch([address + "a.bin"], SHA256, lambda *at: told.append(at))
    assert path == tmp_path / "downloads" / "a.bin"
    assert path.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert all(done <= total for done, total in told)
    assert fetch([address + "a.bin"], SHA256) == path
    assert asked == ["/a.bin"]
    path.write_bytes(b"damaged")
    assert fetch([address + "a.bin"], SHA256).read_bytes() == CONTENT
    assert asked == ["/a.bin"] * 2


@pytest.mark.parametrize(
    ("names", "sha256", "part"),
    [
        (["a.bin"], "0" * 64, "a.bin has another checksum than expected"),
        (["missing.bin"], SHA256, "missing.bin answered 404"),
        (["cut.bin"], SHA256, "cut.bin broke off before the end"),
        (["cut.bin"], None, "cut.bin broke off before the end"),
        (["missing.bin", "cut.bin"], None, "answered 404, http"),
    ],
)
def test_refused_files(server, tmp_path, names, sha256, part):
    with pytest.raises(DataError) as caught:
        fetch([server[0] + name for name in names], sha256)
    message = str(caught.value)
    assert message.startswith(f"Cannot download {names[0]}: ")
    assert part in message
    assert message.endswith("use --source.")
    assert list((tmp_path / "downloads").iterdir()) == []


def test_no_network(monkeypatch, tmp_path):
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(DataError, match=r"a\.bin cannot be reached; where there is no network, fetch it elsewhere"):
        fetch(["http://127.0.0.1:9/a.bin"], SHA256)


def test_the_next_place_is_tried(server):
    assert fetch([server[0] + "missing.bin", server[0] + "b.bin"], SHA256).read_bytes() == CONTENT


def test_the_sets(server, monkeypatch, tmp_path):
    monkeypatch.setattr(fetching, "MNIST_MIRRORS", (server[0] + "missing/", server[0]))
    monkeypatch.setattr(fetching, "MNIST_FILES", dict.fromkeys(fetching.MNIST_FILES, SHA256))
    monkeypatch.setattr(fetching, "SPRITES_URL", server[0] + fetching.SPRITES_FILE)
    monkeypatch.setattr(fetching, "SCENES_URL", server[0] + fetching.SCENES_FILE)
    folder = fetch_mnist()
    assert fetch_sprites() == folder / fetching.SPRITES_FILE
    assert fetch_scenes() == folder / fetching.SCENES_FILE
    files = {*fetching.MNIST_FILES, fetching.SPRITES_FILE, fetching.SCENES_FILE}
    assert {path.name for path in folder.iterdir()} == files
