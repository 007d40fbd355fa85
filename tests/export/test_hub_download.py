"""`latune.load("name/repository")` against a hub on this machine: a small HTTP server with the hub's answers."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from latune.export.hub import export_hub
from latune.export.source import open_source

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def hub(trained_run, tmp_path_factory):
    """The address of a hub that has one repository, with a pickle among its files, and what it was asked for."""
    folder = tmp_path_factory.mktemp("hub") / "run"
    export_hub(open_source(trained_run.folder), folder)
    files = {path.name: path.read_bytes() for path in folder.iterdir()} | {"model.pkl": b"\x80\x04.", "code.py": b"1"}
    asked = []

    class Answers(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            self.answer(body=True)

        def answer(self, body):
            path = self.path.split("?")[0]
            asked.append(path)
            name = path.removeprefix(f"/me/run/resolve/{COMMIT}/").removeprefix("/me/run/resolve/main/")
            if path.startswith("/api/models/me/run/tree/"):
                listed = [
                    {"type": "file", "path": n, "size": len(c), "oid": hashlib.sha1(c).hexdigest()}
                    for n, c in files.items()
                ]
                self.send(json.dumps(listed).encode(), body)
            elif path.startswith("/api/models/me/run"):
                listed = [{"rfilename": n} for n in files]
                self.send(json.dumps({"id": "me/run", "sha": COMMIT, "siblings": listed}).encode(), body)
            elif name in files:
                self.send(files[name], body)
            else:
                self.send(b"{}", body, status=404, **{"X-Error-Code": "RepoNotFound"})

        def send(self, content, body, status=200, **headers):
            self.send_response(status)
            told = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": COMMIT, **headers}
            for key, value in {**told, "Content-Length": str(len(content))}.items():
                self.send_header(key, value)
            self.end_headers()
            if body:
                self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def load_elsewhere(address, name, cache):
    """What a new process says of a repository; huggingface_hub reads its settings when it is imported."""
    code = f"""
import json, latune
from pathlib import Path
try:
    model = latune.load("{name}")
    folder = model.run.folder
    print(json.dumps([[knob.name for knob in model.knobs], sorted(p.name for p in folder.iterdir()), str(folder)]))
except latune.errors.LatuneError as error:
    print(json.dumps(str(error)))
"""
    environment = {**os.environ, "HF_ENDPOINT": address, "HF_HOME": str(cache), "HF_HUB_DISABLE_XET": "1"}
    environment |= {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "no_proxy": "127.0.0.1"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cache, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_a_run_is_fetched_without_code(hub, editor, tmp_path):
    address, asked = hub
    names, files, folder = load_elsewhere(address, "me/run", tmp_path)
    assert names == list(editor.knobs.names)
    assert {"weights.safetensors", "knobs.json", "README.md"} <= set(files)
    assert not {"model.pkl", "code.py"} & set(files)
    assert folder.startswith(str(tmp_path))
    assert not [path for path in asked if path.endswith((".pkl", ".py"))]


@pytest.mark.slow
def test_a_repository_that_is_not_there(hub, tmp_path):
    message = load_elsewhere(hub[0], "me/other", tmp_path)
    assert message.startswith("me/other cannot be fetched: ")
    assert message.endswith(".")
    assert "\n" not in message
