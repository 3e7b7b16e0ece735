import numpy as np
import pytest
from benchmarks.lineage import auc, judge, merged, right
from benchmarks.lineage_data import DATA, members


@pytest.mark.timeout(170)
def test_documented_students_are_told_from_untaught_models_on_a_hundred_prompts_of_the_real_data():
    if not (DATA / "lineage_labels.csv").exists():
        pytest.skip("the field notes' data (../shared/data/lineage) are not on this machine")
    main = [merged(one) for one in members("alpacaeval")]
    judged = judge(main, [], view="raw", prompts=100)
    cast = judged.scorer.cast
    taught_2023 = [row for row in judged.students if cast.taught[row] & {"OPENAI2023", "TD"}]
    rows = [*taught_2023, *judged.untaught]
    score = np.array([judged.scorer.detection(frozenset({cast.projects[row]}))[row] for row in rows])
    assert auc(score, np.arange(len(rows)) < len(taught_2023)) >= 0.9
    assert np.mean([right(judged, row, 3) for row in judged.students]) >= 0.9
    assert np.mean([judged.found[row].p_value[0] <= 0.05 for row in judged.untaught]) <= 0.1
