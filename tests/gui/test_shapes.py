"""Regions to napari's shapes and back: nothing is lost that was not changed."""

import numpy as np
import pytest

from biofm_desktop.engine.samples import Region
from biofm_desktop.gui.shapes import corners, kind_of, region_of

BOX = Region("box", ((1.0, 2.0), (5.0, 8.0)), "cell", 0.7)
RING = Region("polygon", ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)), "gland", holes=(((5.0, 1.0), (7.0, 1.0), (7.0, 3.0)),))
DOT = Region("point", ((3.5, 4.5),), "spot")
MASK = Region("box", ((0.0, 0.0), (4.0, 4.0)), "cell", runs=(2, 2, 12))


@pytest.mark.parametrize("region", [BOX, RING, DOT, MASK])
def test_what_was_not_changed_comes_back_as_it_was(region):
    assert region_of(kind_of(region), corners(region), region.label, region) is region


def test_the_middle_of_the_first_pixel_is_at_napari_s_origin():
    assert corners(Region("point", ((0.5, 0.5),)))[0].tolist() == [0, 0]
    assert corners(DOT).tolist() == [[4.0, 3.0]]


def test_a_moved_box_stays_a_box_with_its_label_and_score():
    assert region_of("rectangle", corners(BOX) + np.array([1, 2]), "cell", BOX) == Region(
        "box", ((3, 3), (7, 9)), "cell", 0.7
    )


def test_a_turned_box_becomes_a_polygon():
    turned = np.array([[0.0, 5.0], [5.0, 10.0], [10.0, 5.0], [5.0, 0.0]])
    found = region_of("rectangle", turned, "cell")
    assert (found.kind, len(found.points)) == ("polygon", 4)


def test_holes_move_with_their_polygon_and_stay_when_it_is_reshaped():
    moved = region_of("polygon", corners(RING) + np.array([2, 3]), "gland", RING)
    assert moved.holes == (((8.0, 3.0), (10.0, 3.0), (10.0, 5.0)),)
    reshaped = np.vstack([corners(RING), [[9.0, 0.0]]])
    assert region_of("polygon", reshaped, "gland", RING).holes == RING.holes


def test_an_ellipse_becomes_a_polygon_of_its_size():
    frame = np.array([[0.0, 0.0], [0.0, 20.0], [10.0, 20.0], [10.0, 0.0]])
    found = region_of("ellipse", frame, "cell")
    assert found.box == pytest.approx((0.5, 0.5, 20, 10), abs=0.1)


def test_a_mask_can_be_named_but_not_bent():
    assert region_of("rectangle", corners(MASK), "other", MASK).runs == MASK.runs
    assert region_of("rectangle", corners(MASK) + 1, "cell", MASK) is None
