"""Some hundred odd and broken inputs: each is a tune that holds together, or is refused in one sentence."""

import io
import os
import time
import zipfile

import numpy as np
import pytest

from latune.data.preparation import Preparation
from latune.data.registry import prepare_dataset
from latune.data.tune_sources import tune_files
from latune.data.tunes import prepare_tunes
from latune.errors import InputError
from latune.music.abc_writing import abc_document
from latune.music.bars import Bar
from latune.music.measure import HOLD, REST, midi_vocabulary, ticks_from_events, transposed
from latune.music.metre import METRES, metre_from_name
from latune.music.midi import midi_bytes
from latune.music.musicxml import LOWEST_WRITTEN, compressed_musicxml, musicxml_document
from latune.music.score import read_tune
from latune.music.tracks import chosen_track
from latune.music.tune import FASTEST, SLOWEST, tune_from_ticks
from latune.music.tune_files import FoundTune, read_collection

pytest.importorskip("symusic")
pytest.importorskip("music21")

SECONDS = 10.0
ODD_METRES = ("7/8", "5/8", "5/16", "0/4", "4/0", "3/4+2/4", "99/4", "C||", "x")

# MIDI


def variable(number):
    """A number in MIDI's seven-bit digits."""
    digits = [number & 127]
    while number := number >> 7:
        digits.append(128 | (number & 127))
    return bytes(reversed(digits))


def meta(kind, data):
    return b"\xff" + bytes([kind]) + variable(len(data)) + data


def midi_track(*events):
    """A track of (ticks after the one before, bytes)."""
    body = b"".join(variable(delta) + event for delta, event in (*events, (0, b"\xff\x2f\0")))
    return b"MTrk" + len(body).to_bytes(4, "big") + body


def midi(*tracks, kind=1, division=480):
    head = b"MThd\0\0\0\6" + kind.to_bytes(2, "big") + len(tracks).to_bytes(2, "big") + division.to_bytes(2, "big")
    return head + b"".join(tracks)


def notes(*pitches, length=480, channel=0, first=0):
    events = []
    for number, pitch in enumerate(pitches):
        events += [(0 if number else first, bytes([0x90 | channel, pitch, 80]))]
        events += [(length, bytes([0x80 | channel, pitch, 0]))]
    return events


def signature(numerator, power, delta=0):
    return (delta, meta(0x58, bytes([numerator, power, 24, 8])))


def midi_cases():
    four = notes(60, 62, 64, 65)
    chord = [(0, b"\x90\x3c\x50"), (0, b"\x90\x40\x50"), (480, b"\x80\x3c\0"), (0, b"\x80\x40\0")]
    plain = midi(midi_track(*four))
    cases = {
        "one_note": midi(midi_track(*notes(60))),
        "lowest_and_highest": midi(midi_track(*notes(0, 127))),
        "no_tracks": midi(),
        "no_notes": midi(midi_track()),
        "only_drums": midi(midi_track(*notes(38, 40, channel=9))),
        "drums_first": midi(midi_track(*notes(38, channel=9)), midi_track(*four)),
        "chords": midi(midi_track(*chord, *chord)),
        "two_tracks": midi(midi_track(*four), midi_track(*notes(48, 50))),
        "type_0": midi(midi_track(*four), kind=0),
        "type_2": midi(midi_track(*four), midi_track(*notes(70)), kind=2),
        "type_9": midi(midi_track(*four), kind=9),
        "smpte": midi(midi_track(*four), division=0xE728),
        "division_0": midi(midi_track(*four), division=0),
        "division_1": midi(midi_track(*notes(60, 62, length=1)), division=1),
        "riff": b"RIFF" + bytes(4) + b"RMIDdata" + bytes(4) + plain,
        "tempo_0": midi(midi_track((0, meta(0x51, bytes(3))), *four)),
        "tempo_fastest": midi(midi_track((0, meta(0x51, b"\0\0\1")), *four)),
        "tempo_slowest": midi(midi_track((0, meta(0x51, b"\xff\xff\xff")), *four)),
        "key_9": midi(midi_track((0, meta(0x59, b"\x09\0")), *four)),
        "key_minus_128": midi(midi_track((0, meta(0x59, b"\x80\0")), *four)),
        "title_control": midi(midi_track((0, meta(3, b"a\nb\x1b[31m\x00c")), *four)),
        "title_1_mb": midi(midi_track((0, meta(3, b"long " * 2**18)), *four)),
        "title_not_utf8": midi(midi_track((0, meta(3, b"\xff\xfe\x80")), *four)),
        "far_away": midi(midi_track(*notes(60, first=2**27))),
        "very_far_away": midi(midi_track(*(16 * notes(60, first=2**28 - 1)))),
        "very_long": midi(midi_track(*notes(60, length=2**28 - 1))),
        "zero_length": midi(midi_track(*notes(60, 62, 64, length=0))),
        "zero_length_last": midi(midi_track(*four, *notes(67, length=0))),
        "end_marker_far": midi(midi_track(*four, (2**28 - 1, meta(6, b"end")))),
        "thirty_seconds": midi(midi_track(*notes(*range(60, 76), length=60))),
        "quintuplets": midi(midi_track(*notes(60, 62, 64, 65, 67, length=96))),
        "never_ends": midi(midi_track((0, b"\x90\x3c\x50"))),
        "ends_before_it_begins": midi(midi_track((0, b"\x80\x3c\0"), *four)),
        "overlapping": midi(midi_track((0, b"\x90\x3c\x50"), (240, b"\x90\x3e\x50"), (480, b"\x80\x3c\0"))),
        "changes_metre": midi(midi_track(signature(4, 2), *four, signature(3, 2), *four)),
        "metre_after_the_end": midi(midi_track(signature(4, 2), *four, signature(3, 2, 9999))),
        "only_a_pick_up": midi(midi_track(signature(4, 4), *notes(60), signature(2, 2))),
        "pick_up_held": midi(
            midi_track(signature(1, 2), (0, b"\x90\x3c\x50"), signature(4, 2, 480), (960, b"\x80\x3c\0"))
        ),
        "10000_measures": midi(midi_track(*notes(*([60] * 10_000), length=1920))),
        "10001_measures": midi(midi_track(*notes(*([60] * 10_001), length=1920))),
        "other_header": b"MThq" + plain[4:],
        "length_too_large": plain.replace(b"MTrk\0\0", b"MTrk\x7f\xff"),
        "empty": b"",
        "null_bytes": bytes(100),
        "text": b"This is no music.",
    }
    for numerator, power in ((7, 3), (5, 4), (0, 2), (4, 200), (255, 2), (6, 3), (12, 3), (3, 1), (2, 1)):
        cases[f"metre_{numerator}_{power}"] = midi(midi_track(signature(numerator, power), *four))
    for first in (1, 2, 3, 5, 7):
        head = (signature(first, 4), *notes(60, length=120 * first), signature(4, 2))
        cases[f"pick_up_{first}"] = midi(midi_track(*head, *four))
    cases |= {f"cut_{length}": plain[:length] for length in range(4, len(plain), 7)}
    return {f"{name}.mid": data for name, data in cases.items()} | {"suffix.midi": plain, "SUFFIX.MID": plain}


# ABC and kern

HEAD = "X:1\nT:Odd\nM:{}\nL:1/8\nK:C\n"


def abc_cases():
    four = HEAD.format("4/4")
    full = {metre: f"c{int(8 * metre_from_name(metre).quarters / 4)}|" for metre in METRES}
    cases = {f"metre_{metre}": HEAD.format(metre) + f"CDE FG|c2|{full[metre]}" for metre in METRES}
    cases |= {f"pick_up_{metre}": HEAD.format(metre) + f"G|{full[metre]}{full[metre]}" for metre in METRES}
    cases |= {f"repeated_pick_up_{metre}": HEAD.format(metre) + f"|:G|{full[metre]}c:|" for metre in METRES}
    cases |= {f"odd_metre_{metre}": HEAD.format(metre) + "CDEF|" for metre in ODD_METRES}
    bodies = {
        "one_note": "C8|",
        "one_rest": "z8|",
        "no_music": "",
        "changes_metre": "C8|[M:3/4]C6|",
        "incomplete_inside": "C8|D4|E3|F8|",
        "incomplete_off_grid": "C8|D/3E/5|F8|",
        "ends_in_a_triplet": "C8|(3CDE F6|(3CD|F8|",
        "begins_in_a_triplet": "(3CD|F8|G8|",
        "too_long": "C9|",
        "repeat_without_start": "C8|D8:|E8:|",
        "start_without_repeat": "|:C8|D8|",
        "nested_repeats": "|:C8|:D8:|E8:|",
        "endings_without_repeat": "C8|1D8|2E8|",
        "only_a_second_ending": "[2C8|D8|",
        "second_ending_first": "C8|[2D8|[1E8:|",
        "three_endings": "|:C8|[1D8:|[2E8:|[3F8|]",
        "closed_second_ending": "C8|[1D8:|[2E8:|F8|",
        "repeat_begins_in_an_ending": "|:C8|[1D8|:E8:|F8|",
        "ending_of_many_passes": "|:C8|[1-30D8:|[31E8|",
        "da_capo": "C8|D8!fine!|E8!D.C.!|",
        "tie_over_repeat": "|:C8-:|C8|",
        "tie_into_repeat": "C8-|:C8:|",
        "rest_after_incomplete": "C/4C/4C/4C/4 C5|D6:|z2|E8|",
        "tuplets_off_grid": "(5CDEFG (7CDEFGAB|",
        "thirty_seconds": "C/4D/4E/4F/4G/4A/4B/4c/4 C6|",
        "zero_lengths": "C0D0E8|F0|",
        "zero_length_last": "C8|D8E0|",
        "lowest": "C,,,,,8|D8|",
        "highest": "g'''''8|D8|",
        "outside": "g''''''8|",
        "chords": "[CEG]4[DFA]4|[]4|",
        "two_voices": "[V:1]C8|[V:2]E8|",
        "overlay": "C8&E8|",
        "grace_notes": "{cde}C8|{D}|",
        "quotation_mark": 'C "Am D|',
        "unknown": "\x1b\x07 C8 \u20ac|",
        "many_repeats": "C8:|" * 500,
        "many_colons": "C8" + ":" * 500 + "|D8|",
        "100_measures_of_rest": "C8|Z100|",
        "10000_measures": "C8|" * 10_000,
        "10001_measures": "C8|" * 10_001,
        "huge_length": "C999999999|",
        "huge_divisor": "C/999999999|",
    }
    cases |= {name: four + body for name, body in bodies.items()}
    heads = {
        "no_key": "X:1\nM:4/4\nC8|\n",
        "no_metre": "X:1\nK:C\nC8|\n",
        "odd_key": "X:1\nM:4/4\nK:Q\nC8|\n",
        "many_sharps": "X:1\nM:4/4\nK:B#\nC8|\n",
        "tempo_0": "X:1\nM:4/4\nQ:0\nL:1/8\nK:C\nC8|\n",
        "tempo_99999": "X:1\nM:4/4\nQ:99999\nL:1/8\nK:C\nC8|\n",
        "tempo_1": "X:1\nM:4/4\nQ:1/4=1\nL:1/8\nK:C\nC8|\n",
        "unit_0": "X:1\nM:4/4\nL:1/0\nK:C\nC8|\n",
        "title_control": "X:1\nT:a\x1b\x85\u2028b\nM:4/4\nL:1/8\nK:C\nC8|\n",
        "title_1_mb": "X:1\nT:" + "long " * 2**18 + "\nM:4/4\nL:1/8\nK:C\nC8|\n",
        "title_long": "X:1\nT:" + "long " * 2**16 + "\nM:4/4\nL:1/8\nK:C\nC8|\n",
        "problem_with_controls": "X:1\x1b\nT:\x07\nM:4\x9b4\nK:C\nC8|\n",
        "many_paragraphs": "X:1\n" + "\nT:a\n" * 50_000,
        "many_shared_fields": "M:4/4\n" * 20_000 + "\n" + "X:1\nK:C\n\n" * 2_000,
        "empty_lines": "\n" * 1000,
        "text": "This is no music.",
    }
    encoded = {name: text.encode() for name, text in (cases | heads).items()}
    for coding in ("utf-16", "utf-16-be", "latin-1", "utf-8-sig"):
        encoded[f"coding_{coding}"] = (four + "C8|").encode(coding)
    tune = (four + "|:C2D2 E2F2|G8:|").encode()
    encoded |= {f"cut_{length}": tune[:length] for length in range(1, len(tune), 5)}
    return {f"{name.replace('/', '_')}.abc": data for name, data in encoded.items()} | {"empty.abc": b""}


def kern_cases():
    head = "**kern\n*M4/4\n"
    cases = {
        "plain": head + "4c\n4d\n4e\n4f\n=\n1g\n==\n*-\n",
        "no_measures": "**kern\n4c\n4d\n*-\n",
        "no_notes": head + "1r\n*-\n",
        "only_header": "**kern\n",
        "not_ended": head + "4c\n4d",
        "two_spines": "**kern\t**kern\n*M3/4\t*M3/4\n2.C\t2.e\n=\t=\n2.D\t2.f\n*-\t*-\n",
        "split": head + "*^\n2c\t2e\n2d\t2f\n*v\t*v\n=\n1g\n*-\n",
        "bad_split": head + "*^\n2c\n2d\n=\n1g\n*-\n",
        "uneven_spines": "**kern\t**kern\n4c\n4d\t4e\t4f\n*-\t*-\n",
        "chords": head + "2c 2e 2g\n2d 2f\n*-\n",
        "other_spines": "**kern\t**text\n*M2/4\t*\n4c\tla\n4d\tla\n*-\t*-\n",
        "seven_eighths": "**kern\n*M7/8\n4c\n4c\n4c\n8c\n=\n*-\n",
        "changes_metre": head + "1c\n=\n*M3/4\n2.c\n*-\n",
        "metre_0": "**kern\n*M0/4\n4c\n*-\n",
        "metre_100000": "**kern\n*M100000/4\n4c\n*-\n",
        "pick_up": head + "4g\n=1\n1c\n=2\n1d\n==\n*-\n",
        "repeats": head + "=1!|:\n1c\n=2:|!\n1d\n==:|!\n*-\n",
        "ties": head + "[1c\n=\n1c_\n=\n1c]\n*-\n",
        "tie_to_nowhere": head + "1c]\n=\n[1d\n*-\n",
        "grace": head + "qd\n1c\n*-\n",
        "odd_tuplets": head + "20c\n20d\n20e\n20f\n20g\n2.c\n*-\n",
        "no_metre": "**kern\n20c\n200d\n20e\n20f\n20g\n4a\n=\n*-\n",
        "long": head + "1c\n=\n" * 20_000 + "*-\n",
        "odd_length": head + "9999999c\n0c\n*-\n",
        "too_high": head + "1" + "c" * 20 + "\n*-\n",
        "title_control": "!!!OTL: a\x1bb\x85\n" + head + "1c\n*-\n",
        "not_kern": "**dynam\np\n*-\n",
    }
    encoded = {name: text.encode() for name, text in cases.items()}
    return {f"{name}.krn": data for name, data in encoded.items()} | {
        "empty.krn": b"",
        "latin.krn": b"**kern\n\xe9\n*-\n",
    }


# MusicXML

XML = (
    '<score-partwise><work><work-title>{title}</work-title></work><part-list><score-part id="P"><part-name/>'
    '</score-part></part-list><part id="P">{measures}</part></score-partwise>'
)
NOTE = "<note><pitch><step>{}</step><octave>{}</octave></pitch><duration>{}</duration>{}</note>"


def measure(content, fifths=0, beats=4, unit=4, divisions=4, first=True):
    attributes = (
        f"<attributes><divisions>{divisions}</divisions><key><fifths>{fifths}</fifths></key>"
        f"<time><beats>{beats}</beats><beat-type>{unit}</beat-type></time></attributes>"
    )
    return f"<measure>{attributes if first else ''}{content}</measure>"


def document(*measures, title="Odd"):
    return XML.format(title=title, measures="".join(measures)).encode()


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def xml_cases():
    whole = NOTE.format("C", 5, 16, "")
    tied = [NOTE.format("C", 5, 16, f'<tie type="{kind}"/>') for kind in ("start", "stop")]
    plain = measure(whole)
    more = measure(whole, first=False)

    def barline(kind, inner):
        return f'<barline location="{kind}">{inner}</barline>'

    back, start = '<repeat direction="backward"{}/>', barline("left", '<repeat direction="forward"/>')
    jump = '<direction><direction-type><words>{}</words></direction-type><sound {}="yes"/></direction>'
    sound = '<sound tempo="{}"/>'
    first_ending = barline("left", '<ending number="1" type="start"/>')
    third_ending = barline("left", '<ending number="2, 3" type="start"/>')
    cases = {
        "plain": document(plain, more),
        "one_rest": document(measure("<note><rest/><duration>16</duration></note>")),
        "unpitched": document(measure("<note><unpitched/><duration>16</duration></note>")),
        "no_measures": document(),
        "no_duration": document(measure("<note><pitch><step>C</step><octave>4</octave></pitch></note>")),
        "negative_duration": document(measure(NOTE.format("C", 5, -16, "") + whole)),
        "huge_duration": document(measure(NOTE.format("C", 5, 10**9, ""))),
        "infinite_duration": document(measure(NOTE.format("C", 5, "inf", ""))),
        "no_divisions": document(measure(whole, divisions=0)),
        "odd_step": document(measure(NOTE.format("H", 5, 16, ""))),
        "highest_octave": document(measure(NOTE.format("G", 9, 16, ""))),
        "octave_99": document(measure(NOTE.format("C", 99, 16, ""))),
        "seven_eighths": document(measure(NOTE.format("C", 5, 14, ""), beats=7, unit=8)),
        "five_sixteenths": document(measure(NOTE.format("C", 5, 5, ""), beats=5, unit=16)),
        "metre_0": document(measure(whole, beats=0)),
        "metre_100000": document(measure(whole, beats=100_000)),
        "metre_1_100000": document(measure(whole, unit=100_000)),
        "added_metre": document(measure(whole, beats="3+1")),
        "changes_metre": document(plain, measure(NOTE.format("C", 5, 12, ""), beats=3)),
        "key_11": document(measure(whole, fifths=11)),
        "tempo_0": document(measure(sound.format(0) + whole)),
        "tempo_huge": document(measure(sound.format("1e300") + whole)),
        "tempo_nan": document(measure(sound.format("nan") + whole)),
        "incomplete_inside": document(plain, measure(NOTE.format("D", 5, 5, ""), first=False), more),
        "incomplete_triplet": document(measure(NOTE.format("C", 5, 4, ""), divisions=3), more, more),
        "too_long": document(measure(whole + whole), more),
        "repeat_without_start": document(plain, measure(whole + barline("right", back.format("")), first=False)),
        "times_3": document(plain, measure(whole + barline("right", back.format(' times="3"')), first=False)),
        "times_5000_digits": document(measure(whole + barline("right", back.format(f' times="{"9" * 5000}"')))),
        "irregular_times": document(*[measure(whole + whole + barline("right", back.format(' times="3"')))] * 8),
        "start_without_repeat": document(measure(start + whole), more),
        "endings_without_repeat": document(plain, measure(first_ending + whole, first=False)),
        "only_later_endings": document(measure(third_ending + whole), more),
        "da_capo": document(
            plain, measure(jump.format("Fine", "fine") + whole), measure(jump.format("D.C.", "dacapo") + whole)
        ),
        "dal_segno_to_nowhere": document(plain, measure(jump.format("D.S. al Coda", "dalsegno") + whole, first=False)),
        "tie_over_repeat": document(
            measure(tied[0] + barline("right", back.format(""))), measure(tied[1], first=False)
        ),
        "tie_to_nowhere": document(measure(tied[1]), measure(tied[0], first=False)),
        "chords": document(measure(whole + whole.replace("<note>", "<note><chord/>").replace("C", "E"))),
        "two_voices": document(measure(f"{whole}<backup><duration>16</duration></backup>{whole.replace('C', 'E')}")),
        "backup_too_far": document(measure(f"{whole}<backup><duration>99</duration></backup>{whole}")),
        "title_control": document(plain, title="a&#10;b&#x85;&#x2028;c"),
        "title_1_mb": document(plain, title="long " * 2**18),
        "only_grace": document(measure("<note><grace/><pitch><step>C</step><octave>4</octave></pitch></note>")),
        "timewise": b"<score-timewise/>",
        "odd_root": "<\u0661\u0660\u2028/>".encode(),
        "not_xml": b"<score-partwise>",
        "coding": b'<?xml version="1.0" encoding="no-such-thing"?><score-partwise/>',
        "utf_16": ('<?xml version="1.0" encoding="UTF-16"?>' + document(plain).decode()).encode("utf-16"),
        "entity": b'<!DOCTYPE s [<!ENTITY a "C">]>' + document(plain).replace(b"<step>C", b"<step>&a;"),
        "50001_notes": document(measure(whole * 50_001)),
        "10001_measures": document(plain, *[more] * 10_000),
        "many_tags": b"<score-partwise>" + b"<a/>" * 4_000_001 + b"</score-partwise>",
        "empty": b"",
    }
    container = b'<container><rootfiles><rootfile full-path="{}"/></rootfiles></container>'
    archives = {
        "no_container": zipped([("score.xml", cases["plain"])]),
        "parent_path": zipped([("../../score.xml", cases["plain"])]),
        "absolute_path": zipped([("/score.xml", cases["plain"])]),
        "container_lies": zipped([("META-INF/container.xml", container), ("score.xml", cases["plain"])]),
        "broken_container": zipped([("META-INF/container.xml", b"<"), ("score.xml", cases["plain"])]),
        "no_score": zipped([("readme.txt", b"Nothing.")]),
        "nothing": zipped([]),
        "bomb_of_tags": zipped([("score.xml", cases["many_tags"])]),
        "bomb_of_zeros": zipped([("score.xml", bytes(65 * 2**20))]),
        "plain_xml": cases["plain"],
    }
    whole_archive = archives["no_container"]
    archives |= {f"cut_{length}": whole_archive[:length] for length in range(1, len(whole_archive), 50)}
    cut = {f"cut_{length}": cases["plain"][:length] for length in range(1, len(cases["plain"]), 50)}
    return {f"{name}.musicxml": data for name, data in (cases | cut).items()} | {
        **{f"{name}.mxl": data for name, data in archives.items()},
        "suffix.xml": cases["plain"],
    }


def made_tunes():
    """Tunes of every metre as every format, with marks at random."""
    generator = np.random.default_rng(0)
    for number, name in enumerate(METRES):
        metre = metre_from_name(name)
        ticks = generator.choice([HOLD, HOLD, REST, *range(60, 75)], (5, metre.ticks)).astype(np.int16)
        ends = generator.choice(metre.tick_twelfths[1:], 5)
        bars = [Bar(0, int(end), *marks) for end, marks in zip(ends, MARKS, strict=True)]
        yield number, tune_from_ticks(ticks, name, 90, 2, metre, tuple(bars))


MARKS = ((False, 0, ()), (True, 0, ()), (False, 2, (1,)), (False, 2, (2,)), (True, 3, ()))


def made_cases():
    cases = {}
    for number, tune in made_tunes():
        cases[f"made_{number}.mid"] = midi_bytes(tune)
        cases[f"made_{number}.abc"] = abc_document(tune).encode()
        if number % 3 == 0:
            cases[f"made_{number}.musicxml"] = musicxml_document(tune).encode()
            cases[f"made_{number}.mxl"] = compressed_musicxml(musicxml_document(tune))
    return cases


def wrong_names():
    """Content that is not what its name says, and names that no reader knows."""
    tune, text = midi(midi_track(*notes(60, 62))), (HEAD.format("4/4") + "C8|").encode()
    return {
        "midi.abc": tune,
        "midi.krn": tune,
        "midi.musicxml": tune,
        "abc.mid": text,
        "abc.mxl": text,
        "tune.txt": text,
        "tune": text,
        "tune.mid.bak": tune,
        "cover.png": b"\x89PNG",
        "new\nline.mid": tune,
        "escape\x1b[31m.abc": text,
        "quote'.abc": text,
        "not\udcffutf8.mid": tune,
    }


GROUPS = {
    "midi": midi_cases,
    "abc": abc_cases,
    "kern": kern_cases,
    "xml": xml_cases,
    "made": made_cases,
    "names": wrong_names,
}


def check_sentence(sentence):
    assert sentence == sentence.strip()
    assert sentence.isprintable()
    assert sentence.endswith(".")
    assert len(sentence) < 600


def check_tune(tune):
    """Ticks, bars, what is played and what is said of it belong together."""
    metre, ticks, played = tune.metre, tune.ticks, tune.performed
    assert ticks.dtype == np.int16
    assert ticks.shape == (len(tune.bars), metre.ticks)
    assert ((ticks <= 127) & (ticks >= REST)).all()
    assert all(0 <= bar.begins < bar.ends <= metre.twelfths for bar in tune.bars)
    np.testing.assert_array_equal(tune.with_ticks(ticks).ticks, ticks)
    assert (played >= 0).any()
    events = tune.events
    assert (events.durations > 0).all()
    assert events.length == pytest.approx(len(played) * metre.quarters)
    np.testing.assert_array_equal(ticks_from_events(events, metre), played)
    pitches = played[played >= 0]
    if np.ptp(pitches) < 30:
        moved, vocabulary = transposed(played, 55 - int(pitches.min())), midi_vocabulary()
        np.testing.assert_array_equal(vocabulary.ticks_from_tokens(vocabulary.tokens_from_ticks(moved)), moved)
    assert SLOWEST <= tune.tempo <= FASTEST
    assert tune.fifths is None or -7 <= tune.fifths <= 7
    assert tune.title.isprintable()
    assert len(tune.title) <= 1000
    for remark in tune.remarks:
        check_sentence(remark)


def check_written(tune):
    """It can be written, and the notes are those that are read again."""
    (again,) = read_collection(midi_bytes(tune), "again.mid")
    assert isinstance(again, FoundTune), again
    np.testing.assert_array_equal(*(one.performed[one.performed >= 0] for one in (again.tune, tune)))
    (again,) = read_collection(abc_document(tune).encode(), "again.abc")
    assert isinstance(again, FoundTune), again
    np.testing.assert_array_equal(*(one.ticks[one.ticks >= 0] for one in (again.tune, tune)))
    if tune.ticks[tune.ticks >= 0].min() >= LOWEST_WRITTEN:
        assert musicxml_document(tune).endswith("</score-partwise>\n")


def write(folder, name, data):
    path = folder / os.fsdecode(os.fsencode(name))
    path.write_bytes(data)
    return path


def read_or_reason(path):
    """The tune, or why it is refused; nothing else may happen."""
    try:
        return read_tune(path), ""
    except InputError as error:
        return None, str(error)


def shown(name):
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


@pytest.mark.parametrize("group", GROUPS)
def test_each_is_a_tune_or_is_refused(tmp_path, group):
    read = refused = 0
    for name, data in GROUPS[group]().items():
        path = write(tmp_path, name, data)
        start = time.perf_counter()
        tune, reason = read_or_reason(path)
        assert time.perf_counter() - start < SECONDS, name
        path.unlink()
        if tune is None:
            refused += 1
            check_sentence(reason)
            assert shown(name) in reason
            assert "expected" in reason
        else:
            read += 1
            check_tune(tune)
            check_written(tune)
    assert read > 2
    assert refused > 2 or group == "made"


def test_there_are_at_least_two_hundred():
    assert sum(len(cases()) for cases in GROUPS.values()) >= 200


def test_a_folder_of_all_loses_none(tmp_path):
    """Every file of a folder is a tune of the data set, or stands among the rejected with its reason."""
    folder = tmp_path / "odd"
    folder.mkdir()
    names = []
    for group, cases in GROUPS.items():
        chosen = list(cases().items())[:: 1 if group not in ("xml", "kern") else 3]
        (folder / group).mkdir()
        for name, data in chosen:
            write(folder / group, name, data)
            names.append(f"{group}/{shown(name)}")
    (folder / "nowhere.mid").symlink_to(folder / "no such file")
    (folder / "round.mid").symlink_to(folder / "round.mid")
    (folder / "folder.mid").mkdir()
    os.mkfifo(folder / "pipe.mid")
    (folder / "broken.zip").write_bytes(b"PK\3\4 and no more")
    inside = [("../up.abc", HEAD.format("4/4").encode() + b"C8|"), ("/root.mid", b""), ("a.txt", b""), ("b.mid/", b"")]
    (folder / "members.zip").write_bytes(zipped(inside))
    (folder / ".hidden").write_bytes(b"")
    names += ["nowhere.mid", "round.mid", "pipe.mid", "broken.zip"]
    names += ["members.zip/../up.abc", "members.zip//root.mid", "members.zip/a.txt"]
    description = prepare_tunes(Preparation(source=folder, name="odd")).description
    accounted = [*description["tunes"], *(entry["name"] for entry in description["rejected"])]
    assert {name.split("#")[0] for name in accounted} == set(names)
    for entry in description["rejected"]:
        check_sentence(entry["reason"])
    assert len(description["tunes"]) > 20
    assert not (tmp_path / "up.abc").exists()


def test_sources_that_cannot_be_opened(tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK")
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_bytes(b"X:1")
    for name, words in {
        "broken.zip": "expected a zip archive",
        "empty": "holds no tunes: expected files that end in",
        "notes.txt": "holds no tunes: expected files that end in",
        "nothing": "does not exist: expected",
        "null\0character": "null",
    }.items():
        with pytest.raises(InputError, match=words) as refusal:
            prepare_tunes(Preparation(source=tmp_path / name))
        check_sentence(str(refusal.value))
    assert [file.name for file in tune_files(tmp_path / "broken.zip", (".abc",))] == ["broken.zip"]


def test_names_that_no_data_set_can_have(tmp_path, monkeypatch):
    monkeypatch.setenv("LATUNE_DATA", str(tmp_path / "data"))
    for name in ("../evil", "/tmp/evil", "Mine", "a" * 200, "."):
        with pytest.raises(InputError, match="expected small letters, digits, - and _"):
            prepare_dataset("tunes", Preparation(source=tmp_path, name=name))


def test_names_of_tracks_in_messages():
    names = ["a\nb", "\x1b[31m", "x" * 5000, *["more"] * 500]
    for wanted in ("9" * 5000, "-1", "0", "no\nsuch"):
        with pytest.raises(InputError, match="expected one of 1 ") as refusal:
            chosen_track(wanted, names, "a.mid")
        check_sentence(str(refusal.value))
    assert chosen_track("503", names, "a.mid") == 502
