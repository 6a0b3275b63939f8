"""Geometry, packing, pyramids, make-up and search of the sequence view, without a window."""

import random
import re

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPalette

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Feature
from biofm_desktop.gui.widgets.sequence_view.colours import Colours, contrast
from biofm_desktop.gui.widgets.sequence_view.composition import Composition
from biofm_desktop.gui.widgets.sequence_view.lanes import FeatureLanes
from biofm_desktop.gui.widgets.sequence_view.overview import feature_cover
from biofm_desktop.gui.widgets.sequence_view.page import Page
from biofm_desktop.gui.widgets.sequence_view.pyramid import MinMaxPyramid
from biofm_desktop.gui.widgets.sequence_view.scale import MARGIN, WIDEST, Scale
from biofm_desktop.gui.widgets.sequence_view.scores import limits
from biofm_desktop.gui.widgets.sequence_view.search import PIECE, Pattern, complement, hits
from biofm_desktop.gui.widgets.sequence_view.words import read_positions


def codes(letters):
    return np.frombuffer(letters.encode(), np.uint8)


def found(letters, text, alphabet="dna", both=False):
    return [
        (int(start), int(strand))
        for starts, strands in hits(codes(letters), Pattern.parse(text, alphabet, both))
        for start, strand in zip(starts, strands)
    ]


# Scale


@pytest.mark.parametrize("letter", [26.0, 8.0, 1.0, 0.013])
def test_position_and_pixel_are_inverse(letter):
    scale = Scale(10_000_000, 1000.0, letter, 123_456.5).settled()
    for position in (123_460, 123_470.25):
        assert scale.position(scale.x(position)) == pytest.approx(position)
    assert scale.letter_at(scale.x(123_460) + 0.4 * letter) == 123_460
    assert scale.boundary(scale.x(123_460) + 0.4 * letter) == 123_460
    assert scale.boundary(scale.x(123_460) + 0.6 * letter) == 123_461


def test_the_whole_fits_between_the_margins():
    scale = Scale(5000, 1000.0).whole()
    assert scale.x(0) == MARGIN
    assert scale.x(5000) == pytest.approx(1000 - MARGIN)
    assert scale.visible() == (0, 5000)


def test_short_sequences_do_not_grow_without_end():
    assert Scale(3, 1000.0).whole().letter == WIDEST


@pytest.mark.parametrize("length", [0, 1])
def test_nothing_and_one_letter_have_a_scale(length):
    scale = Scale(length, 800.0).whole()
    for changed in (scale.zoomed(3, 400), scale.zoomed(0.1, 0), scale.moved(9), scale.spanning(0, length)):
        assert changed.visible() == (0, length)
    assert list(scale.ticks(scale.tick_step())) in ([], [1])


def test_zoom_keeps_the_letter_under_the_cursor():
    scale = Scale(100_000, 1000.0, 2.0, 40_000).settled()
    zoomed = scale.zoomed(3.0, 333.0)
    assert zoomed.letter == 6.0
    assert zoomed.position(333.0) == pytest.approx(scale.position(333.0))


def test_scrolling_stops_at_the_ends():
    scale = Scale(1000, 500.0, 10.0)
    assert scale.moved(-50).first == 0
    end = scale.moved(5000)
    assert end.x(1000) == pytest.approx(500 - MARGIN)


def test_showing_moves_only_where_it_must():
    scale = Scale(10_000, 500.0, 10.0, 100).settled()
    assert scale.showing(110, 120) is scale
    for start, end in ((150, 155), (5000, 5010), (0, 3)):
        low, high = scale.showing(start, end).visible()
        assert low <= start < end <= high


def test_ticks_are_round_numbers_wide_enough_apart():
    scale = Scale(10_000_000, 1000.0, 0.01, 5_000_000).settled()
    step = scale.tick_step()
    assert step == 10_000
    places = list(scale.ticks(step))
    assert all(place % step == 0 for place in places)
    assert scale.x(places[1]) - scale.x(places[0]) >= 99
    start, end = scale.visible()
    assert start < places[0]
    assert places[-1] <= end
    assert next(Scale(9609, 1366.0, 18.0, 4299.9).ticks(10)) == 4300


# Feature rows


def test_rows_hold_no_overlapping_features():
    chance = random.Random(1)
    features = []
    for _ in range(400):
        start = chance.randrange(5000)
        features.append(Feature(start, start + chance.randrange(1, 300), "gene"))
    lanes = FeatureLanes(features, 6000)
    assert sorted(place for lane in lanes.lanes for place in lane.places.tolist()) == list(range(400))
    for lane in lanes.lanes:
        assert (lane.starts[1:] >= lane.ends[:-1]).all()
    depth = max(sum(f.start <= x < f.end for f in features) for x in range(5300))
    assert len(lanes) == depth


def test_neighbours_share_a_row_and_the_longest_comes_first():
    short, long, after = Feature(0, 10, "exon"), Feature(0, 50, "gene"), Feature(50, 60, "gene")
    lanes = FeatureLanes([short, long, after], 100)
    assert [lane.places.tolist() for lane in lanes.lanes] == [[1, 2], [0]]
    assert lanes.at(0, 55) is after
    assert lanes.at(1, 5) is short
    assert lanes.at(1, 30) is None
    assert lanes.at(1, 12, slack=3) is short
    assert lanes.at(7, 5) is None


def test_features_outside_or_empty_still_get_a_letter():
    lanes = FeatureLanes(
        [Feature(90, 400, "x"), Feature(20, 20, "x"), Feature(500, 600, "x"), Feature(-9, -1, "x")], 100
    )
    for lane in lanes.lanes:
        assert (lane.starts >= 0).all()
        assert (lane.ends <= 100).all()
        assert (lane.ends > lane.starts).all()


def test_fifty_thousand_features_are_looked_up_at_once():
    features = [Feature(i * 20, i * 20 + 300, "gene", str(i)) for i in range(50_000)]
    lanes = FeatureLanes(features, 1_000_300)
    assert len(lanes) == 15
    seen = sum(lane.places[lane.between(500_000, 500_100)].size for lane in lanes.lanes)
    assert seen == sum(f.start < 500_100 and f.end > 500_000 for f in features)


def test_fifty_thousand_features_on_one_spot_are_packed():
    lanes = FeatureLanes([Feature(5, 9, "x")] * 50_000, 100)
    assert len(lanes) == 50_000


def test_overview_shows_features_narrower_than_a_pixel():
    lanes = FeatureLanes([Feature(500_000, 500_001, "site")], 1_000_000)
    cover = feature_cover(lanes, 1_000_000, 100)
    assert np.flatnonzero(cover).tolist() == [50]


# Scores


def test_pyramid_gives_the_least_and_greatest_under_each_pixel():
    values = np.random.default_rng(3).normal(size=100_000).astype(np.float32)
    pyramid = MinMaxPyramid(values)
    edges = np.linspace(0, 100_000, 101)
    lows, highs = pyramid.columns(edges)
    for column in (0, 50, 99):
        piece = values[column * 1000 : (column + 1) * 1000]
        near = values[max(0, column * 1000 - 512) : (column + 1) * 1000 + 512]
        assert near.min() <= lows[column] <= np.quantile(piece, 0.01)
        assert np.quantile(piece, 0.99) <= highs[column] <= near.max()
    assert (lows.min(), highs.max()) == (values.min(), values.max())
    assert pyramid.range() == (float(values.min()), float(values.max()))


def test_gaps_stay_gaps_and_do_not_eat_their_neighbours():
    values = np.ones(4096, np.float32)
    values[1024:2048] = np.nan
    lows, _ = MinMaxPyramid(values).columns(np.linspace(0, 4096, 65))
    assert np.isnan(lows[17:31]).all()
    assert (lows[:16] == 1).all()
    assert (lows[33:] == 1).all()


def test_letters_wider_than_a_pixel_keep_their_edges():
    lows, highs = MinMaxPyramid([1.0, np.nan, 3.0]).columns(np.arange(-4, 17) / 4)
    assert lows[4:8].tolist() == highs[4:8].tolist() == [1.0] * 4
    assert np.isnan(lows[:4]).all()
    assert np.isnan(lows[8:12]).all()
    assert lows[12:16].tolist() == [3.0] * 4


@pytest.mark.parametrize("values", [[], [np.nan], [np.nan] * 100, [np.inf, -np.inf, 1.0]])
def test_scores_without_numbers_have_a_range(values):
    low, high = limits(*MinMaxPyramid(values).range())
    assert np.isfinite([low, high]).all()
    assert low < high


def test_axis_holds_zero_and_chances_go_to_one():
    assert limits(0.2, 0.7) == (0.0, 1.0)
    assert limits(3.0, 3.0)[0] == 0.0
    low, high = limits(-5.0, -2.0)
    assert low < -5
    assert high == 0.0


# Make-up


def test_make_up_is_exact_for_any_stretch():
    letters = "".join(random.Random(4).choices("ACGTN", k=1003))
    composition = Composition(codes(letters), "GC", "ACGT")
    for start, end in ((0, 1003), (1, 2), (15, 17), (500, 777), (990, 1003)):
        piece = letters[start:end]
        counted = len(piece) - piece.count("N")
        wanted = (piece.count("G") + piece.count("C")) / counted if counted else float("nan")
        assert composition.share(start, end) == pytest.approx(wanted, nan_ok=True)
    shares = composition.shares(np.array([0.0, 160.0]), np.array([1003.0, 320.0]))
    assert shares == pytest.approx([composition.share(0, 1003), composition.share(160, 320)], abs=0.02)


def test_make_up_of_nothing_is_not_a_number():
    for letters in ("", "NNNN"):
        composition = Composition(codes(letters), "GC", "ACGT")
        assert np.isnan(composition.share(0, len(letters)))
        assert np.isnan(composition.shares(np.array([0.0]), np.array([4.0]))).all()


# Search


def test_overlapping_hits_are_all_found():
    assert found("AAAAA", "AAA") == [(0, 1), (1, 1), (2, 1)]


def test_iupac_letters_stand_for_several():
    assert found("ATAGATTCATCG", "ATS") == [(8, 1)]
    assert found("GATCGATTGATN", "GATY") == [(0, 1), (4, 1)]
    assert found("GATN", "GATN") == [(0, 1)]
    # An unknown letter of the sequence is not taken for a known one.
    assert found("GANC", "GATC") == []
    assert found("acgt", "CG") == [(1, 1)]


def test_reverse_strand_is_searched_and_palindromes_come_once():
    assert found("TTTCAT", "ATG", both=True) == [(3, -1)]
    assert found("GGAATTCC", "GAATTC", both=True) == [(1, 1)]
    assert found("AARC", "GY", both=True) == [(2, -1)]


def test_rna_and_dna_patterns_are_one():
    assert found("ACGU", "CGT", "rna") == [(1, 1)]
    assert found("ACGT", "cgu") == [(1, 1)]
    assert found("AACC", "GGUU", "rna", both=True) == [(0, -1)]


def test_protein_patterns_know_their_own_letters():
    assert found("MKDNE", "KB", "protein", both=True) == [(1, 1)]
    assert found("MKDNE", "DXE", "protein") == [(2, 1)]


def test_pasted_blanks_and_numbers_are_dropped():
    assert Pattern.parse(" 1 acg\n 61 ttt", "dna").letters == "ACGTTT"


@pytest.mark.parametrize("text", ["AC(", "É", "ACGJ", "AC*"])
def test_unknown_letters_are_refused_by_name(text):
    with pytest.raises(Fault, match="IUPAC"):
        Pattern.parse(text, "dna")


@pytest.mark.parametrize("letters", ["", "A"])
def test_patterns_longer_than_the_sequence_have_no_hits(letters):
    assert found(letters, "ACG") == []
    assert found(letters, "") == []


def test_hits_across_pieces_are_found_once():
    letters = "A" * (PIECE - 3) + "GATTACA" + "A" * PIECE + "GATTACA"
    assert found(letters, "GATTACA") == [(PIECE - 3, 1), (PIECE * 2 + 4, 1)]


def test_search_agrees_with_a_regular_expression():
    letters = "".join(random.Random(5).choices("ACGT", k=20_000))
    expected = [match.start() for match in re.finditer("(?=[AG][ACGT]T[CT]G)", letters)]
    assert [start for start, _ in found(letters, "RNTYG")] == expected


def test_complement_knows_ambiguous_letters():
    assert complement("ACGTRYKMBVDHN-") == "TGCAYRMKVBHDN-"
    assert complement("ACGU", "rna") == "UGCA"


# Words and colours


def test_positions_are_read_as_people_write_them():
    assert read_positions("1,234", 5000) == (1233, 1234)
    assert read_positions("100 - 200", 5000) == (99, 200)
    assert read_positions("100..200", 150) == (99, 150)
    assert read_positions("٣", 5000) is None
    assert read_positions("9" * 5000, 5000) is None


@pytest.mark.parametrize(("base", "text"), [("#ffffff", "#202020"), ("#191c22", "#e4e8ef"), ("#000000", "#000000")])
def test_letters_can_be_read_on_every_ground(qapp, base, text):
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor(base))
    palette.setColor(QPalette.ColorRole.Text, QColor(text))
    colours = Colours.of(palette)
    assert contrast(colours.text, colours.ground) >= 4.5
    for alphabet, letters in (("dna", "ACGTN"), ("rna", "ACGU"), ("protein", "ACDEFGHIKLMNPQRSTVWYX*")):
        for letter in letters:
            assert contrast(colours.ink(alphabet, letter), colours.cell(alphabet, letter)) >= 4.5


#: What a red-blind and a green-blind eye sees (Machado, Oliveira, Fernandes 2009), on linear light.
BLIND = {
    "red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


@pytest.mark.parametrize("eye", BLIND)
@pytest.mark.parametrize("base", ["#ffffff", "#191c22"])
def test_blocks_of_nucleotides_differ_for_colour_blind_eyes(qapp, eye, base):
    from skimage.color import deltaE_ciede2000, rgb2lab

    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor(base))
    blocks = [Colours.of(palette).block("dna", letter) for letter in "ACGT"]
    linear = np.array([block.getRgbF()[:3] for block in blocks]) ** 2.2
    seen = rgb2lab(np.clip(linear @ np.array(BLIND[eye]).T, 0, 1) ** (1 / 2.2))
    for one in range(4):
        for other in range(one):
            assert deltaE_ciede2000(seen[one], seen[other]) > 12


# Page


@pytest.mark.parametrize("length", [0, 1, 9, 10, 1000, 10_000_000])
def test_every_letter_of_a_page_has_its_box(length):
    page = Page(QRectF(0, 300, 900, 130), 60, length)
    assert page.columns % 10 == 0
    assert page.end <= length
    for place in range(page.start, page.end):
        (box,) = page.boxes(place, place + 1)
        assert page.letter_at(box.center()) == place
        assert page.boundary(box.center() - QPointF(3, 0)) == place
        assert box.right() <= 900
    assert page.boxes(length, length) == []


def test_last_lines_fill_the_page():
    page = Page(QRectF(0, 0, 900, 130), 999, 1000)
    assert page.end == 1000
    assert page.start == page.end - page.columns * page.lines + (-1000) % page.columns
