"""Loading files with attributes of one's own, and holding their functions to what they promise."""

import sys

import numpy as np
import pytest

from latune.errors import InputError
from latune.plugins import load_plugin, load_plugins, own_attributes

LEAPS = '''
import numpy as np
from latune.attributes import Attribute
from latune.music.measure import is_note

FAR = 3


def leaps(ticks):
    """Notes a third or more away from the note before.

    More is said here.
    """
    notes = is_note(ticks)
    measures, _ = np.nonzero(notes)
    wide = (np.abs(np.diff(ticks[notes])) >= FAR) & (np.diff(measures) == 0)
    return np.bincount(measures[1:][wide], minlength=len(ticks))


attributes = [Attribute("leaps", "notes", 0, 24, measure=leaps)]
'''
MEASURE = """
import numpy as np
from latune.attributes import Attribute

def odd(items):
    return {}

attributes = [Attribute("odd", "units", 0, 1, measure=odd)]
"""
REGISTER = """
from latune.attributes import Attribute

def odd(items):
    return items[:, 0]

{}
"""
TICKS = np.array([[60, -1, 64, 65, 60], [60, 62, 64, 65, 67], [-2, -1, -1, -1, 70], [50, -1, -1, -1, -1]], np.int16)


@pytest.fixture
def write(tmp_path):
    """A function from text to the plugin that holds it."""

    def write(text, name="mine.py"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refusal(path):
    with pytest.raises(InputError) as caught:
        load_plugin(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_plugin_measures(write):
    path = write(LEAPS)
    plugin = load_plugin(path)
    (leaps,) = plugin.attributes
    assert (leaps.name, leaps.unit, leaps.low, leaps.high) == ("leaps", "notes", 0, 24)
    assert leaps.description == "Notes a third or more away from the note before."
    values = leaps.measure(TICKS)
    assert values.tolist() == [2, 0, 0, 0]
    assert values.dtype == np.float64
    assert plugin.to_dict() == {"file": "mine.py", "sha256": plugin.checksum, "attributes": ["leaps"]}
    assert not list(path.parent.glob("__pycache__"))
    assert not [name for name in sys.modules if "plugin_mine" in name]


def test_the_checksum_is_that_of_the_content(write):
    one, same, other = write(LEAPS), write(LEAPS, "same.py"), write(f"{LEAPS}#", "other.py")
    assert load_plugin(one).checksum == load_plugin(same).checksum != load_plugin(other).checksum


def test_an_edited_file_is_read_anew(write):
    assert load_plugin(write(LEAPS)).attributes[0].measure(TICKS).tolist() == [2, 0, 0, 0]
    assert load_plugin(write(LEAPS.replace("FAR = 3", "FAR = 1"))).attributes[0].measure(TICKS).tolist() == [3, 4, 0, 0]


def test_several_plugins(write):
    one, two = write(LEAPS), write(MEASURE.format("items[:, 0]"), "two.py")
    assert [attribute.name for attribute in own_attributes(load_plugins([one, two]))] == ["leaps", "odd"]
    with pytest.raises(InputError, match=r"again.py: attribute 'leaps' is also in .*mine.py\.$"):
        load_plugins([one, write(LEAPS, "again.py")])


def test_missing_and_other_files(write, tmp_path):
    assert "cannot be read: No such file" in refusal(tmp_path / "no.py")
    assert "expected a Python file" in refusal(write(LEAPS, "mine.txt"))
    (tmp_path / "folder.py").mkdir()
    assert "cannot be read" in refusal(tmp_path / "folder.py")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\ndef f(:\n", ", line 2: SyntaxError: invalid syntax."),
        ("x = 1\n\nimport no_such_package\n", ", line 3: ModuleNotFoundError: No module named 'no_such_package'."),
        ("def f():\n    return 1 / 0\n\nf()\n", ", line 2: ZeroDivisionError: division by zero."),
        ("import sys\nsys.exit()\n", ", line 2: SystemExit."),
        ("x = 1", " registers nothing: expected a list, attributes = [Attribute(...), ...]."),
        ("attributes = []", "expected a list of one or more Attribute(...), got []."),
        ("attributes = {'leaps': 1}", "expected a list of one or more Attribute(...), got {'leaps': 1}."),
        ("attributes = [3]", "attributes: expected Attribute(...), got 3."),
    ],
)
def test_what_cannot_be_loaded(write, text, words):
    assert words in refusal(write(text))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ('"no good", "u", 0, 1, measure=odd', "letters, digits and underscores, got 'no good'."),
        ('"../odd", "u", 0, 1, measure=odd', "letters, digits and underscores, got '../odd'."),
        ('"odd", 3, 0, 1, measure=odd', "attribute 'odd': unit: expected words, such as 'notes', got 3."),
        ('"odd", "u", 2, 1, measure=odd', "attribute 'odd': expected numbers low < high, got 2 and 1."),
        ('"odd", "u", 1, 1, measure=odd', "expected numbers low < high"),
        ('"odd", "u", 0, float("inf"), measure=odd', "expected numbers low < high, got 0 and inf."),
        ('"odd", "u", "0", 1, measure=odd', "expected numbers low < high, got '0' and 1."),
        ('"odd", "u", 0, 1', "attribute 'odd': measure: expected a function from items to numbers, got None."),
    ],
)
def test_wrong_attributes(write, call, words):
    assert words in refusal(write(REGISTER.format(f"attributes = [Attribute({call})]")))


def test_a_name_twice_in_one_file(write):
    twice = "attributes = 2 * [Attribute('odd', 'u', 0, 1, measure=odd)]"
    assert "attribute 'odd' is registered twice." in refusal(write(REGISTER.format(twice)))


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ("items", ": attribute 'odd': expected one number per item, shape (4,), got shape (4, 5)."),
        ("items[:2, 0]", "shape (4,), got shape (2,)."),
        ("1.0", "shape (4,), got shape ()."),
        ("None", ": attribute 'odd': expected an array of numbers of shape (4,), got nothing (is a return missing?)."),
        ("['a'] * len(items)", "expected an array of numbers of shape (4,), got <U1."),
        ("np.full(len(items), np.inf)", ": attribute 'odd': expected finite numbers, got inf."),
        ("items[:, 7]", ", line 6: attribute 'odd' failed on items of shape (4, 5): IndexError: index 7 is out of"),
        (
            "items.sort()",
            ", line 6: attribute 'odd' failed on items of shape (4, 5): ValueError: sort array is read-on",
        ),
    ],
)
def test_wrong_values(write, returned, words):
    path = write(MEASURE.format(returned))
    (odd,) = load_plugin(path).attributes
    with pytest.raises(InputError) as caught:
        odd.measure(TICKS.copy())
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("returned", ["items[:, 0] > 55", "list(items[:, 0])", "items[:, 0].astype(np.float32)"])
def test_numbers_of_any_type_will_do(write, returned):
    (odd,) = load_plugin(write(MEASURE.format(returned))).attributes
    assert odd.measure(TICKS).dtype == np.float64


def test_an_item_may_lack_an_attribute(write):
    (odd,) = load_plugin(write(MEASURE.format("np.where(items[:, 0] < 0, np.nan, 1)"))).attributes
    assert np.isnan(odd.measure(TICKS)).tolist() == [False, False, True, False]
