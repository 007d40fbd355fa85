"""A visit to the studio's page, which notes everything that goes wrong on the way."""

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SECONDS = 60  # generous: machines that run tests are busy
OWN_SCHEMES = ("blob:", "data:")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--js-flags=--liftoff-only",  # small networks: what a better compiler saves is less than it costs
)
IN_FILE = pytest.mark.parametrize("home", ["single"], indirect=True)
"""For what is the same in both homes of the page: tried in the file alone."""
WATCH_POLICY = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
        window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
"""


@dataclass(frozen=True)
class Home:
    """Where the page lives: at a server, or in a file that is opened without a network."""

    address: str

    @property
    def is_served(self):
        return self.address.startswith("http:")


@dataclass
class Visit:
    """A page that was opened, and what was noted of it."""

    page: object
    home: Home
    faults: list = field(default_factory=list)  # messages of the console, exceptions
    strangers: list = field(default_factory=list)  # requests to somewhere else

    def by(self, name):
        return self.page.get_by_test_id(name)

    def ask(self, expression):
        return self.page.evaluate(expression)

    def until(self, expression, seconds=SECONDS):
        """Wait until an expression is true in the page; returns its value. (The policy forbids the usual way.)"""
        end = time.monotonic() + seconds
        while True:
            value = self.ask(expression)
            if value:
                return value
            assert time.monotonic() < end, f"not within {seconds} s: {expression}; {self.faults}"
            self.page.wait_for_timeout(30)

    def ready(self):
        """Wait for a first result."""
        self.until("!!(window.latuneStudio?.session?.result?.settled)")
        return self

    def settled(self, action):
        """Do something and wait for the result that follows it; returns the measured values of the first item."""
        self.ask("window.before = latuneStudio.session.result")
        action()
        self.until("latuneStudio.session.result !== window.before && latuneStudio.session.result.settled")
        return self.measured()

    def measured(self):
        return self.ask(
            """(() => { const { model, result } = latuneStudio.session; return Object.fromEntries(
                model.description.attributes.map(({ name }, n) => [name, result.edited[0].values[n]])); })()"""
        )

    def state(self):
        return self.ask("JSON.parse(JSON.stringify(latuneStudio.session.state))")

    def slide(self, name, share):
        """Put a slider where a share of its way is, as a hand does; returns what was measured."""
        low, high = (float(self.by(f"slider-{name}").get_attribute(end)) for end in ("min", "max"))
        value = low + share * (high - low)
        return self.settled(lambda: self.set_field(f"slider-{name}", value))

    def set_field(self, name, value):
        """Give a slider a value, as a hand does that moves it and lets go."""
        self.by(name).evaluate(SLIDE, value)

    def picture(self, name="edited"):
        return self.by(name).evaluate("(canvas) => canvas.toDataURL()")

    def upload(self, *path):
        self.by("upload").set_input_files(*path)

    def toast(self):
        """The words of the newest toast."""
        toast = self.by("toast").last
        toast.wait_for(timeout=1000 * SECONDS)
        return toast.inner_text()

    def download(self, name, folder):
        """Press a button and keep the file that it gives."""
        with self.page.expect_download(timeout=1000 * SECONDS) as waiting:
            self.by(name).click()
        path = Path(folder) / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path

    def check(self):
        """Nothing went wrong: no error told, nothing asked of other hosts, nothing done against the content policy."""
        assert self.faults == []
        assert self.strangers == []
        assert self.ask("window.violations") == []


SLIDE = """(slider, value) => {
    slider.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
    slider.valueAsNumber = value;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    slider.dispatchEvent(new Event("change", { bubbles: true }));
}"""


@contextmanager
def visiting(browser, home, fragment="", **options):
    """Open the page in a fresh context."""
    context = browser.new_context(
        offline=not home.is_served, accept_downloads=True, viewport={"width": 1280, "height": 800}, **options
    )
    try:
        page = context.new_page()
        visit = Visit(page, home)
        page.add_init_script(WATCH_POLICY)
        page.on("console", lambda message: _note(visit, message))
        page.on("pageerror", lambda error: visit.faults.append(str(error)))
        page.on("request", lambda request: _note_request(visit, request.url))
        page.goto(home.address + fragment, timeout=1000 * SECONDS)
        yield visit
    finally:
        context.close()


def _note(visit, message):
    if message.type in ("error", "warning"):
        visit.faults.append(message.text)


def _note_request(visit, address):
    if not address.startswith((visit.home.address, *OWN_SCHEMES)):
        visit.strangers.append(address)
