import numpy as np

from angelshare.stats.projects import even_weights, kernel_ridge


def test_sides_weigh_the_same_and_so_do_the_projects_of_a_side():
    side, group = [1, 1, 1, -1, -1], ["a", "a", "b", "c", "c"]
    weight = even_weights(side, group)
    assert np.isclose(weight[:3].sum(), weight[3:].sum())
    assert np.isclose(weight[:2].sum(), weight[2])
    assert np.isclose(weight.mean(), 1)


def test_the_dual_fit_equals_weighted_ridge_regression_on_the_features():
    rng = np.random.default_rng(0)
    features, target, weight = rng.normal(size=(12, 3)), rng.normal(size=12), rng.uniform(0.5, 2, 12)
    dual = kernel_ridge(features @ features.T, target, weight, ridge=0.7)
    scaled = features * weight[:, None]
    primal = np.linalg.solve(features.T @ scaled + 0.7 * np.eye(3), scaled.T @ target)
    assert np.allclose(features.T @ dual, primal)
