"""No single raw column should tell the hard campaigns from honest traffic."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier

from angelshare.detect.schema import RFF
from angelshare.detect.world import COST, HARD, PRESETS, TENANTS, CampaignPlan, Event, TenantPlan, WorldPlan, build
from angelshare.detect.world.shapes import Shape

LIMIT = 0.7
DAYS = 2
ACCOUNTS = 240
HIDING = {f"hydra-50, {word}": CampaignPlan(name=f"hydra-50, {word}", preset="hydra-50", accounts=ACCOUNTS,
                                            first_day=0, days=DAYS, adaptive=(word,)) for word in COST}  # fmt: skip


def at_work(shape: Shape) -> int:
    """Accounts of a campaign, more where each asks little, so that chance alone gives no column an AUC of 0.7."""
    return ACCOUNTS * (5 if shape.per_account_day < 10 else 1) * (4 if shape.ramp_days else 1)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Encoded requests of a world with every hard preset and every adaptation of one, and who sent them.

    Campaigns run on every day of it, as in a nightly run over the day's traffic: the date tells nothing. A campaign
    that starts over two weeks has as many more accounts, so that as many are at work in these two days.
    """
    plain = [
        CampaignPlan(name=name, preset=name, accounts=at_work(PRESETS[name]), first_day=0,
                     days=PRESETS[name].ramp_days or DAYS)
        for name in HARD
    ]  # fmt: skip
    plan = WorldPlan(
        start="2026-03-02",
        days=DAYS,
        honest=6000,
        tenants=[TenantPlan(kind=kind, accounts=8) for kind in TENANTS],
        campaigns=[*plain, *HIDING.values()],
        events=[Event(kind="release", day=1)],
    )
    world = build(plan, tmp_path_factory.mktemp("world"), seed=3)
    table = pq.read_table(world.requests)
    truth = pq.read_table(world.truth).to_pydict()
    label = dict(zip(truth["account_id"], zip(truth["kind"], truth["campaign"], strict=True), strict=True))
    accounts, account = np.unique(np.array(table["account_id"].to_pylist()), return_inverse=True)
    return encoded(table), account, [label[name] for name in accounts.tolist()]


def encoded(table: pa.Table) -> dict[str, np.ndarray]:
    """Numbers as they are, words by how often they occur, and whether a value is there: nothing looks at the labels."""
    made = {}
    for name in table.column_names:
        column = table[name].combine_chunks()
        if name in ("day", "account_id", "request_id"):
            continue
        made[f"{name}: absent"] = column.is_null().to_numpy(zero_copy_only=False).astype(float)
        if name == "rff":
            waves = column.flatten().to_numpy().reshape(-1, RFF)
            made |= {f"rff {k}": waves[:, k] for k in range(RFF)}
        elif pa.types.is_string(column.type) or name in ("skeleton", "simhash", "asn"):
            _, place, n = np.unique(np.array(column.to_pylist(), dtype=str), return_inverse=True, return_counts=True)
            made[f"{name}: frequency"] = n[place].astype(float)
        if not pa.types.is_string(column.type) and name != "rff":
            plain = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
            made[name] = np.array([-1.0 if v is None else float(v) for v in plain.to_pylist()])
    return made


def best(values: np.ndarray, label: np.ndarray, half: np.ndarray) -> float:
    """AUC on one half of the accounts of a depth-2 tree grown on the other."""
    tree = DecisionTreeClassifier(max_depth=2, class_weight="balanced", min_samples_leaf=20, random_state=0)
    tree.fit(values[half, None], label[half])
    return float(roc_auc_score(label[~half], tree.predict_proba(values[~half, None])[:, 1]))


def aucs(rows, preset: str) -> dict[str, float]:
    """AUC of each column, by request and by the account's mean."""
    columns, account, labels = rows
    kept = np.array([kind != "campaign" or name == preset for kind, name in labels])
    guilty = np.array([name == preset for _, name in labels])
    half = np.random.default_rng(0).random(len(labels)) < 0.5
    n = np.bincount(account, minlength=len(labels))
    use, seen = kept[account], kept & (n > 0)
    found = {"requests per account": best(n[seen].astype(float), guilty[seen], half[seen])}
    for name, values in columns.items():
        mean = np.bincount(account, values, minlength=len(labels)) / np.maximum(n, 1)
        found[f"{name}, mean of the account"] = best(mean[seen], guilty[seen], half[seen])
        if not name.startswith("rff "):
            found[name] = best(values[use], guilty[account][use], half[account][use])
    return found


@pytest.mark.slow  # grows about 150 small trees
@pytest.mark.parametrize("preset", [*HARD, *HIDING])
def test_no_single_column_tells_a_hard_campaign_from_honest_traffic(rows, preset):
    leaks = {name: round(auc, 3) for name, auc in aucs(rows, preset).items() if auc > LIMIT}

    assert leaks == {}


def test_the_tree_finds_a_column_that_does_tell(rows):
    _, account, labels = rows
    planted = np.array([name == HARD[0] for _, name in labels])[account].astype(float)

    assert aucs(({"planted": planted}, account, labels), HARD[0])["planted"] > 0.99
