import numpy as np
import pytest
from reproductions.curve_shape import Foretold, judged, line_error

from angelshare.core.records import Estimate


def foretold(low, high, value=0.0, line=0.5):
    return Foretold("x", Estimate(value=value, low=low, high=high, level=0.9, n=3, method="t"), line)


def test_a_straight_line_in_log_dose_is_foretold_exactly():
    doses = np.array([10.0, 100.0, 1000.0, 10000.0])
    assert line_error(doses, np.array([0.1, 0.2, 0.3, 0.4])) == pytest.approx(0.0)
    assert line_error(doses, np.array([0.1, 0.2, 0.3, 0.3])) == pytest.approx(-0.1)


def test_seven_of_eight_inside_is_enough_and_six_is_not():
    good, bad = foretold(-0.1, 0.1), foretold(0.05, 0.1)
    assert judged([good] * 7 + [bad], skipped=0)[0].passed
    assert not judged([good] * 6 + [bad] * 2, skipped=0)[0].passed


def test_the_fit_must_beat_the_line():
    assert judged([foretold(-1, 1, value=0.1, line=-0.2)], skipped=0)[1].passed
    assert not judged([foretold(-1, 1, value=-0.3, line=0.2)], skipped=0)[1].passed


def test_refused_curves_are_counted():
    assert "3 curves refused" in judged([foretold(-1, 1)], skipped=3)[0].found
