"""What the server refuses: strange hosts, other pages, paths that lead out, bodies that are too large or too slow."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from latune.errors import RunError
from latune.studio.page import page_files, require_page, single_page
from latune.studio.protection import POLICY, Protection, is_host_allowed
from latune.studio.uploads import TooLargeError, bounded_body
from latune.studio.workers import TimeLimitError


@pytest.mark.parametrize(
    ("header", "allowed"),
    [
        ("localhost", True),
        ("localhost:8080", True),
        ("LOCALHOST:1", True),
        ("127.0.0.1:8080", True),
        ("192.168.0.7", True),
        ("[::1]:8080", True),
        ("studio.example:80", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("evil.example#localhost", False),
        ("", False),
        ("[::1", False),
    ],
)
def test_hosts(header, allowed):
    assert is_host_allowed(header, "studio.example") is allowed


@pytest.fixture
def client():
    app = Starlette(
        routes=[Route("/", lambda _: PlainTextResponse("here"), methods=["GET", "POST"])],
        middleware=[Middleware(Protection, host="127.0.0.1")],
    )
    return TestClient(app, base_url="http://127.0.0.1:8080")


def test_another_name_for_this_machine(client):
    answer = client.get("/", headers={"Host": "rebound.example"})
    assert (answer.status_code, list(answer.json())) == (403, ["error"])
    assert client.get("/", headers={"Host": "localhost:8080"}).text == "here"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8080", 200),
        ("http://127.0.0.1:9999", 403),
        ("https://evil.example", 403),
        ("null", 403),
    ],
)
def test_pages_of_other_sites(client, origin, status):
    assert client.post("/", headers={"Origin": origin}).status_code == status


def test_headers_of_every_answer(client):
    for answer in (client.get("/"), client.get("/nothing"), client.get("/", headers={"Host": "evil.example"})):
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_policy_allows_no_foreign_scripts():
    directives = dict(directive.split(" ", 1) for directive in POLICY.split("; "))
    assert directives["default-src"] == "'self'"
    assert "unsafe-inline" not in directives["script-src"]
    assert "'unsafe-eval'" not in directives["script-src"].split()
    assert directives["frame-ancestors"] == "'self'"
    assert directives["object-src"] == directives["base-uri"] == directives["form-action"] == "'none'"


def test_links_and_hidden_files_are_no_part_of_the_page(page, tmp_path):
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    for name in ("index.html", "single.html", ".hidden", "assets/a.js"):
        (folder / name).write_text("x")
    (tmp_path / "secret").write_text("secret")
    (folder / "assets" / "linked.js").symlink_to(tmp_path / "secret")
    (folder / "up").symlink_to(tmp_path)
    assert list(page_files(folder)) == ["assets/a.js", "index.html"]
    assert "assets/page-1a2b.js" in page_files(page)


def test_without_a_built_page(tmp_path, monkeypatch):
    for name in ("index.html", "single.html"):
        with pytest.raises(RunError, match=rf"was not built, {name} is missing: run 'npm ci && npm run build'"):
            require_page(name, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RunError, match=r"Node\.js 20 or newer, which brings npm, is not installed here"):
        single_page(tmp_path)


def body_of(chunks, headers=(), most=10, seconds=5.0, pause=0.0):
    """What `bounded_body` makes of chunks that arrive one after the other, and how many it has taken."""
    taken = []

    async def receive():
        await asyncio.sleep(pause)
        if len(taken) == len(chunks):
            return {"type": "http.disconnect"}
        taken.append(chunks[len(taken)])
        return {
            "type": "http.request",
            "body": taken[-1],
            "more_body": len(taken) < len(chunks) or chunks[-1] == b"...",
        }

    scope = {"type": "http", "method": "POST", "headers": [(name, value) for name, value in headers]}
    try:
        return asyncio.run(bounded_body(Request(scope, receive), most, seconds)), len(taken)
    except (TooLargeError, TimeLimitError) as error:
        return error, len(taken)


def test_bodies():
    assert body_of([b"abc", b"defg"]) == (b"abcdefg", 2)
    assert body_of([b"0123456789"])[0] == b"0123456789"


def test_a_body_that_is_too_large_is_refused_while_it_arrives():
    error, taken = body_of([b"1234"] * 1000)
    assert isinstance(error, TooLargeError)
    assert taken == 3


@pytest.mark.parametrize("length", [b"11", b"99999999999999999999", b"-1", b"x", b"\xb2"])
def test_a_body_that_announces_too_much_is_not_read(length):
    error, taken = body_of([b"a"], [(b"content-length", length)])
    assert (type(error), taken) == (TooLargeError, 0)


def test_a_body_that_dawdles_or_breaks_off():
    error, _ = body_of([b"1"] * 9, seconds=0.2, pause=0.1)
    assert str(error) == "The upload took longer than 0.2 seconds."
    error, _ = body_of([b"a", b"..."])
    assert str(error) == "The upload was cut off."
