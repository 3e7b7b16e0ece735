import numpy as np

from angelshare.core.seeds import stream
from angelshare.defences.watermark.keys import decoy_keys
from angelshare.lineage.filters import prompt_tape, teacher_filter
from angelshare.lineage.radioactivity import Access, student_evidence, student_tallies


def test_marked_text_is_found_and_unmarked_is_not(kgw_key, gumbel_key, marked, plain):
    for key in (kgw_key, gumbel_key):
        decoys = decoy_keys(key, 19, stream("decoys"))

        assert student_evidence(key, marked(key), decoys).log10_p_value < -20
        assert student_evidence(key, plain(), decoys).p_value > 1e-3


def test_windows_of_the_prompts_are_not_scored(kgw_key, marked):
    text = marked(kgw_key)

    (free,) = student_tallies([kgw_key], text)
    (taped,) = student_tallies([kgw_key], text, Access(prompts=text[:5]))

    assert taped.excluded >= 5 * 58 - free.repeated
    assert taped.n < free.n


def test_the_filter_scores_what_the_teacher_showed_and_the_test_says_so(kgw_key, marked, plain):
    text, outputs = marked(kgw_key), marked(kgw_key, seed=1)[:4]

    found = student_evidence(kgw_key, text, [], access=Access(outputs=outputs))

    assert "supervised" in found.test
    everything = student_evidence(kgw_key, text, [])
    assert "unsupervised" in everything.test
    assert 4 * 50 < found.n < 0.3 * everything.n
    assert student_evidence(kgw_key, text, [], access=Access(outputs=plain(4, 10, seed=9))).n < 20


def test_a_teacher_that_showed_nothing_of_the_text_leaves_nothing_to_score(kgw_key):
    found = student_evidence(kgw_key, [np.arange(10, 40)], [], access=Access(outputs=[np.arange(100, 130)]))

    assert (found.n, found.p_value) == (0, 1.0)
    assert "no draw could be scored" in found.caution


def test_no_prompts_and_no_outputs_make_no_sieve(kgw_key):
    assert prompt_tape(kgw_key, []) is None
    assert teacher_filter(kgw_key, []) is None
    assert student_tallies([], []) == []
