import numpy as np
import pytest
from calibration.lineage import BET, COSINE, OURS, PROFILE, QUICK, SIGN, Result, Study, failed, world_results
from calibration.lineage_page import START, section
from calibration.page import put

from angelshare.core.seeds import stream
from angelshare.lineage.simulate import World, panel_of, project_of, teachers_of
from angelshare.lineage.study import lineage_test

pytestmark = pytest.mark.calibration
METHODS = (OURS, BET, COSINE, PROFILE, SIGN)


def study(p_values):
    return Study(QUICK, [Result(method, False, p) for method, some in p_values.items() for p in some], 1.0)


def test_uniform_p_values_stand_and_crowded_ones_fail():
    rng = np.random.default_rng(1)
    fair, crowded = rng.random(500), rng.random(500) ** 3
    rivals = dict.fromkeys((COSINE, PROFILE, SIGN), crowded)
    assert failed(study({OURS: fair, BET: np.ones(500), **rivals})) == []
    assert len(failed(study({OURS: crowded, BET: np.zeros(500), **rivals}))) == 3


def test_the_study_gives_the_p_value_of_the_whole_test():
    size = QUICK._replace(nulls=8, students=1)
    world = World(seed=0, prompts=size.prompts, vocabulary=size.vocabulary)
    teachers, panel = teachers_of(world), panel_of(world, size.nulls, size.students)
    whole = lineage_test(project_of(world, "innocent").answers, teachers, panel)
    quick = [one for one in world_results(size, 0) if one.method == OURS and not one.taught]
    assert [one.p_value for one in quick] == [pytest.approx(whole.verdicts[0].p_value)]


def test_the_section_says_what_was_run_and_what_was_refused():
    fair = stream("test", "lineage section").random(40)
    text = section(
        study({OURS: fair, COSINE: fair, PROFILE: fair, SIGN: fair}), "python -m calibration lineage --quick"
    )
    assert text.startswith(START)
    assert "python -m calibration lineage --quick" in text
    assert f"| {BET} | refused" in text
    assert all(f"| {method} | " in text for method in METHODS)


def test_a_section_is_put_in_its_own_place_and_no_other_is_touched(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\nhead\n\n{START}\n\nold\n\n### old part\n\n## Another\n\nkept\n")
    put(page, START, f"{START}\n\nnew\n")
    assert page.read_text() == f"# Page\n\nhead\n\n{START}\n\nnew\n\n## Another\n\nkept\n"
    put(page, "## Third", "## Third\n\nlast\n")
    assert page.read_text().endswith("## Another\n\nkept\n\n## Third\n\nlast\n")
