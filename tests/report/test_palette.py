"""Contrast and colour-blindness of the palette, computed from the published formulas."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from angelshare.report.palette import DARK, LIGHT
from angelshare.report.words import ARMS

SEEN = {
    "as it is": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""Machado, Oliveira & Fernandes 2009, IEEE TVCG 15(6), table 1, severity 1.0; on linear RGB."""

SCHEMES = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])


def linear(code):
    """Source: IEC 61966-2-1."""
    channels = np.array([int(code[index : index + 2], 16) / 255 for index in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """Source: WCAG 2.2, definitions of relative luminance and contrast ratio."""
    lights = sorted(float(linear(code) @ [0.2126, 0.7152, 0.0722]) for code in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def lab(rgb):
    """Source: CIE 1976 L*a*b*, D65 white."""
    matrix = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    scaled = np.array(matrix) @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_contrast_formula_gives_the_published_extremes():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@SCHEMES
def test_text_stands_out_from_its_ground(palette):
    for ground in (palette.paper, palette.wash):
        assert contrast(palette.ink, ground) >= 7.0
        assert contrast(palette.muted, ground) >= 4.5
        assert contrast(palette.accent, ground) >= 4.5


@SCHEMES
def test_every_arm_has_a_colour_in_which_text_can_be_read(palette):
    assert set(palette.arms) == set(ARMS)
    for arm, colour in palette.arms.items():
        assert contrast(colour, palette.paper) >= 4.5, arm


@SCHEMES
@pytest.mark.parametrize("sight", SEEN)
def test_arms_are_told_apart_whatever_colours_one_sees(palette, sight):
    told = {arm: colour for arm, colour in palette.arms.items() if arm not in ("gold_all", "floor")}
    seen = {arm: lab(np.array(SEEN[sight]) @ linear(colour)) for arm, colour in told.items()}
    for one, other in combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) >= 10.0, (one, other)
