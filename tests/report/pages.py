"""What the tests of reports share: a reader of pages, and editors with fewer knobs."""

import dataclasses
from html.parser import HTMLParser

VOID = ("meta", "input", "img", "source")


class Page(HTMLParser):
    """Collects what a page refers to, its identifiers and whether its elements are closed."""

    def __init__(self, text):
        super().__init__()
        self.references, self.identifiers, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "href", "xlink:href", "srcset", "action", "data"):
                self.references.append(value)
            if name == "id":
                self.identifiers.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def with_knobs(editor, names):
    """The editor with some of its knobs."""
    indices = [editor.knobs.index(name) for name in names]
    knobs = dataclasses.replace(
        editor.knobs,
        knobs=tuple(editor.knobs.knobs[index] for index in indices),
        covariance=editor.knobs.covariance[:, indices],
    )
    return dataclasses.replace(editor, knobs=knobs)
