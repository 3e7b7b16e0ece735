import dataclasses

import numpy as np
import pytest

from angelshare.core.marks import WatermarkKey
from angelshare.defences.watermark.tally import tally
from angelshare.lineage.filters import prompt_tape, teacher_filter
from angelshare.lineage.radioactivity import Access, student_evidence

SELF = WatermarkKey(
    scheme="kgw", secret=f"{15_485_863:016x}", schedule="transformers-self", seeding="self",
    gamma=0.25, window=4, vocabulary_size=200,
)  # fmt: skip
LEFT = dataclasses.replace(SELF, schedule="transformers-left", seeding="left", window=1)
UNIGRAM = dataclasses.replace(SELF, schedule="angelshare", seeding="left", scheme="unigram")


@pytest.fixture
def text():
    return np.random.default_rng(3).integers(0, 200, 60)


@pytest.mark.parametrize(("key", "width"), [(SELF, 3), (LEFT, 1), (UNIGRAM, 1)])
def test_tape_and_filter_hold_windows_as_wide_as_the_schedule_draws_from(key, width, text):
    tape, only = prompt_tape(key, [text]), teacher_filter(key, [text])

    assert tape is not None
    assert only is not None
    assert (tape.width, only.width) == (width, width)
    assert text[5 : 5 + width] in tape
    assert text[:width][::-1] + 1 not in only


def test_a_self_hashed_text_is_scored_behind_its_own_filter_and_not_beside_its_own_tape(text):
    everything = tally(SELF, [text])

    filtered = student_evidence(SELF, [text], [], access=Access(outputs=[text]))
    taped = student_evidence(SELF, [text], [], access=Access(prompts=[text]))

    assert filtered.n == everything.n > 40
    assert filtered.statistic == everything.statistic
    assert taped.n == 0
