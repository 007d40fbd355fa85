"""Several runs on one page: songs, moves, and changing from one to the other."""

import pytest
import symusic
from visit import IN_FILE


def test_runs_are_chosen_from_a_list(visit, home):
    page = visit(home)
    keys = page.ask("[...document.querySelectorAll('[data-testid=run] option')].map((option) => option.value)")
    assert keys == ["pictures", "ar-vae", "songs", "blobs"]
    for key, view in (("ar-vae", "roll"), ("blobs", "edited")):
        page.by("run").select_option(key)
        page.until(f"latuneStudio.session.state.run === '{key}' && latuneStudio.session.result?.settled")
        page.by(view).wait_for()


def test_songs_are_edited_carried_to_a_genre_and_saved(visit, home, tmp_path):
    page = visit(home, "v=1&run=songs")
    page.by("roll").wait_for()
    before = page.picture("roll")
    page.slide("drums_notes", 0.9)
    genres = page.ask("latuneStudio.session.model.studio.genres.names")
    page.settled(lambda: page.by(f"genre-{genres[1]}").click())
    assert page.state()["genre"] == genres[1]
    page.until(f"document.querySelector('[data-testid=roll]').toDataURL() !== '{before}'")
    assert len(symusic.Score(page.download("download-midi", tmp_path)).tracks) >= 1


def test_moves_are_applied_one_after_the_other_and_undone(visit, home):
    page = visit(home, "v=1&run=blobs")
    possible = page.page.locator("[data-testid^=move-]:not([disabled])")
    before = page.picture()
    name = possible.first.get_attribute("data-testid").removeprefix("move-")
    page.settled(lambda: possible.first.click())
    assert page.state()["moves"] == [name]
    assert page.picture() != before
    page.settled(lambda: page.by("undo").click())
    assert page.state()["moves"] == []
    assert page.picture() == before


@IN_FILE
def test_two_items_are_mixed(visit, home):
    page = visit(home, "v=1&run=pictures")
    page.by("crossfade").click()
    page.settled(lambda: page.by("gallery-5").click())
    page.by("share").wait_for()
    pictures = set()
    for share in (0.0, 0.5, 1.0):
        page.set_field("share", share * float(page.by("share").get_attribute("max")))
        page.until(
            f"Math.abs(latuneStudio.session.state.share - {share}) < 0.01 && latuneStudio.session.result.settled"
        )
        page.page.wait_for_timeout(200)
        pictures.add(page.picture())
    assert len(pictures) == 3


def test_the_server_edits_exactly(visit, served):
    page = visit(served, "v=1&run=pictures")
    page.settled(lambda: page.page.locator("label:has([data-testid=exact])").click())
    assert page.state()["exact"]
    low, high = (float(page.by("slider-slant").get_attribute(end)) for end in ("min", "max"))
    wanted = low + 0.6 * (high - low)
    assert page.slide("slant", 0.6)["slant"] == pytest.approx(wanted, abs=0.1 * (high - low))


@IN_FILE
def test_a_slider_is_followed_at_once(visit, home):
    """A generous limit: benchmarks/studio_page.py measures it."""
    page = visit(home, "v=1&run=pictures")
    for step in range(20):
        page.by("slider-slant").evaluate(
            """(field, share) => { field.valueAsNumber = +field.min + share * (field.max - field.min);
                field.dispatchEvent(new Event("input", { bubbles: true })); }""",
            step / 20,
        )
        page.page.wait_for_timeout(50)
    times = sorted(page.until("latuneStudio.times.length > 5 && latuneStudio.times"))
    assert times[len(times) // 2] < 250
