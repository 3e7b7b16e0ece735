"""The eighteen signals, those of AA26-251A first."""

from __future__ import annotations

from angelshare.detect.signals import pace, places, prompts, timing
from angelshare.detect.signals.spec import SignalSpec

_SD = "standard deviations of a group's mean"
_LOG = "log ratio to expectation"

SIGNALS: tuple[SignalSpec, ...] = (
    SignalSpec(
        name="sustained-24-7", unit=_SD, needs=(), needs_text=False, role="context",
        twin="batch jobs, monitors and gateways run round the clock; nightly evaluations keep to an hour",
        twins=("drift-monitor", "batch-classifier", "gateway", "synthetic-data", "rag-backfill"),
        measure=pace.sustained,
    ),
    SignalSpec(
        name="no-ramp", unit=_SD, needs=(), needs_text=False, role="context",
        twin="a workload that moved to a new key starts at its full rate",
        twins=("rag-backfill", "new-tenant", "release-day-benchmark"), measure=pace.no_ramp,
    ),
    SignalSpec(
        name="one-credential-many-places", unit=_SD, needs=("distinct_ip_prefix", "distinct_api_key"), needs_text=False,
        role="context", twin="a team or its build runners share one key",
        twins=("shared-team-key", "ci-agents", "failover-router"), measure=places.many_places,
    ),
    SignalSpec(
        name="subscription-to-usage", unit=_SD, needs=("plan", "tokens_known"), needs_text=False, role="context",
        twin="a small team works through one seat", twins=("shared-team-key", "rag-backfill", "batch-classifier"),
        measure=pace.over_subscription,
    ),
    SignalSpec(
        name="aggregator-routing", unit=_SD, needs=("ip_prefix",), needs_text=False, role="context",
        twin="an LLM gateway forwards many customers from few networks", twins=("gateway", "failover-router"),
        measure=places.aggregated,
    ),
    SignalSpec(
        name="metadata-stripping", unit=_SD, needs=(), needs_text=False, role="context",
        twin="privacy engineering leaves out who asks", twins=("red-team", "shared-team-key", "nightly-evaluation"),
        measure=places.stripped,
    ),
    SignalSpec(
        name="reasoning-elicitation", unit=_SD, needs=("text_known",), needs_text=True, role="decides",
        twin="a regulated customer keeps the reasons of its decisions", twins=("reasoning-audit",),
        measure=prompts.reasoning,
    ),
    SignalSpec(
        name="failover-on-block", unit=_LOG, needs=("status_known", "blocked"), needs_text=False, role="decides",
        twin="a multi-provider router fails over, on the server's own faults", twins=("failover-router",),
        measure=timing.failover,
    ),
    SignalSpec(
        name="day-one-retarget", unit=_SD, needs=("model",), needs_text=False, role="context",
        twin="enthusiasts and evaluators measure a model on the day it comes out",
        twins=("release-day-benchmark", "nightly-evaluation"), measure=timing.day_one,
    ),
    SignalSpec(
        name="countermeasure-harness", unit=_SD, needs=("simhash",), needs_text=True, role="context",
        twin="regression suites send the same prompts again and again", twins=("drift-monitor", "nightly-evaluation"),
        measure=prompts.harness,
    ),
    SignalSpec(
        name="template-sharing", unit=_LOG, needs=("skeleton",), needs_text=True, role="opens",
        twin="one product's customers, one organisation's jobs, or a prompt that went around",
        twins=("new-tenant", "batch-classifier", "rag-backfill", "human-support", "ci-agents"),
        measure=prompts.templates,
    ),
    SignalSpec(
        name="synchrony", unit=_LOG, needs=("bin",), needs_text=False, role="opens",
        twin="jobs on a schedule, or a class that does an exercise together",
        twins=("nightly-evaluation", "drift-monitor", "ci-agents", "new-tenant"), measure=timing.synchrony,
    ),
    SignalSpec(
        name="hand-over", unit=_LOG, needs=(), needs_text=False, role="opens",
        twin="a router changes keys; a team's shifts follow one another", twins=("failover-router", "human-support"),
        measure=timing.hand_over,
    ),
    SignalSpec(
        name="shared-infrastructure", unit=_LOG, needs=("ip_prefix",), needs_text=False, role="opens",
        twin="a firm or a family pays together; hosts are shared", twins=("gateway", "shared-team-key", "new-tenant"),
        measure=places.shared_infrastructure,
    ),
    SignalSpec(
        name="novel-cluster", unit="log ratio of distances", needs=("rff_n",), needs_text=True, role="opens",
        twin="a new customer asks what nobody asked before", twins=("new-tenant", "rag-backfill", "batch-classifier"),
        measure=prompts.novelty,
    ),
    SignalSpec(
        name="capability-focus", unit="nats", needs=("capability",), needs_text=True, role="decides",
        twin="a customer's product does one thing", twins=("ci-agents", "synthetic-data", "reasoning-audit"),
        measure=prompts.focus,
    ),
    SignalSpec(
        name="harvest-shape", unit=_SD, needs=(), needs_text=False, role="decides",
        twin="batch jobs and evaluations ask once and do not talk",
        twins=("synthetic-data", "batch-classifier", "nightly-evaluation"), measure=prompts.harvest_shape,
    ),
    SignalSpec(
        name="new-accounts-together", unit=_LOG, needs=("created_at",), needs_text=False, role="opens",
        twin="a class or a conference signs up together", twins=("new-tenant",), measure=timing.opened_together,
    ),
)  # fmt: skip
"""In the order of core.traffic.Signal."""
