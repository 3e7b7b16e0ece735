"""Honest workloads that look like a campaign, each with its honest cause."""

from __future__ import annotations

from collections.abc import Mapping

from angelshare.detect.world.plan import TenantKind
from angelshare.detect.world.shapes import Shape

TENANTS: Mapping[TenantKind, Shape] = {
    "nightly-evaluation": Shape(
        why="an evaluator runs the same benchmark every night from one organisation, at temperature 0",
        per_account_day=40, spread=0.3, cover=0.0, families=("evaluation",), templates=8, repeats=0.9, clock="night",
        synchronised=0.7, bursts=2, one_org=1.0, one_network=0.9, networks=2, cloud=0.9, payees=12,
        one_payer=1.0, one_domain=0.9,
        one_agent=0.8, fresh=0.05, paid=0.9, fixed_sampling=0.95, strips=0.7,
    ),
    "synthetic-data": Shape(
        why="a customer writes training data for its own small model, within the terms",
        per_account_day=30, cover=0.1, families=("harvest-instructions", "harvest-code"),
        templates=14, clock="round-the-clock",
        synchronised=0.4, one_org=0.9, one_network=0.8, networks=3, cloud=0.8, payees=12, one_payer=1.0, one_domain=0.8,
        one_agent=0.7, paid=0.9, strips=0.6,
    ),
    "ci-agents": Shape(
        why="review agents start with every push and share a team's runners",
        per_account_day=20, cover=0.1, families=("code",), templates=10, clock="office", synchronised=0.5, bursts=14,
        burst_minutes=5, one_org=1.0, one_network=0.9, networks=8, cloud=1.0, payees=12, one_payer=1.0,
        one_domain=0.9, one_agent=0.9,
        paid=0.8, fixed_sampling=0.6, strips=0.5,
    ),
    "rag-backfill": Shape(
        why="a search index is filled once: every document is summarised through one template",
        per_account_day=60, cover=0.05, families=("documents",), templates=3, clock="round-the-clock", synchronised=0.5,
        bursts=4, one_org=1.0, one_network=1.0, networks=2, cloud=0.9, payees=12, one_payer=1.0,
        one_domain=0.9, one_agent=0.9,
        paid=0.9, fixed_sampling=0.7, ramp_days=0, strips=0.6,
    ),
    "failover-router": Shape(
        why="a router moves requests to another key or region when capacity errors come",
        per_account_day=25, cover=0.5, families=("app", "code"), templates=6, clock="people", one_org=0.7,
        one_network=0.7, networks=6, cloud=0.9, payees=6, one_payer=1.0, one_agent=0.7, paid=0.7, errors=0.06,
        blocked=0.01,
        end_users=20, strips=0.4,
    ),
    "drift-monitor": Shape(
        why="a customer sends the same canaries every hour to see whether answers change",
        per_account_day=24, spread=0.2, cover=0.1, families=("evaluation", "app"), templates=4, repeats=0.95,
        clock="round-the-clock", synchronised=0.6, bursts=24, burst_minutes=4, one_org=0.9, one_network=0.8,
        networks=2, cloud=0.9, payees=6, one_payer=1.0, one_domain=0.7, one_agent=0.8, paid=0.8,
        fixed_sampling=0.9, strips=0.6,
    ),
    "shared-team-key": Shape(
        why="a team shares its credentials: one key, many machines",
        per_account_day=18, cover=0.7, families=("code", "app"), templates=4, clock="office", one_org=0.8,
        one_network=0.5, networks=14, cloud=0.4, payees=4, one_payer=1.0, one_domain=0.8, paid=0.6, strips=0.7,
    ),
    "gateway": Shape(
        why="an aggregator sells access to many models and forwards many end users from few networks",
        per_account_day=30, cover=0.85, families=("app",), templates=6, clock="round-the-clock", one_org=0.5,
        one_network=0.9, networks=10, cloud=1.0, payees=3, one_payer=1.0, one_agent=0.8, paid=0.7,
        end_users=60, strips=0.6,
    ),
    "release-day-benchmark": Shape(
        why="enthusiasts benchmark every model on the day it comes out",
        per_account_day=15, cover=0.3, families=("evaluation", "reasoning"), templates=8, synchronised=0.3,
        one_network=0.1, fixed_sampling=0.6, retarget=0.9, fresh=0.4, strips=0.5,
    ),
    "reasoning-audit": Shape(
        why="a regulated customer must keep the stated reasons of every decision",
        per_account_day=20, cover=0.1, families=("reasoning",), templates=4, clock="office", one_org=0.9,
        one_network=0.8, networks=4, cloud=0.7, payees=12, one_payer=1.0, one_domain=0.9, one_agent=0.6, paid=0.9,
        fixed_sampling=0.6, strips=0.3,
    ),
    "human-support": Shape(
        why="people answer a bank's customers with a drafting aid, in shifts around the clock",
        per_account_day=22, cover=0.1, families=("support",), templates=6, clock="office", one_org=1.0,
        one_network=0.9, networks=3, cloud=0.2, payees=12, one_payer=1.0, one_domain=1.0, one_agent=0.9,
        paid=0.9, end_users=8,
        strips=0.1,
    ),
    "new-tenant": Shape(
        why="a class or a conference signs up together and starts the same day",
        per_account_day=10, cover=0.4, families=("app", "reasoning"), templates=10, synchronised=0.4, bursts=3,
        burst_minutes=45, one_org=0.3, one_network=0.7, networks=4, cloud=0.1, one_domain=0.6, fresh=1.0, paid=0.1,
        strips=0.4,
    ),
    "red-team": Shape(
        why="a safety team tries to make the model misbehave, through variations of known prompts",
        per_account_day=30, cover=0.1, families=("red-team",), templates=10, paraphrased=0.4, clock="office",
        one_org=0.6, one_network=0.5, networks=5, cloud=0.5, payees=4, one_payer=1.0, one_domain=0.6,
        one_agent=0.5, paid=0.5,
        strips=0.7,
    ),
    "batch-classifier": Shape(
        why="a shop labels its reviews in bulk with one prompt",
        per_account_day=50, cover=0.05, families=("classification",), templates=2, clock="round-the-clock",
        synchronised=0.5, bursts=3, one_org=1.0, one_network=0.9, networks=2, cloud=0.9, payees=12,
        one_payer=1.0, one_domain=0.9,
        one_agent=0.9, paid=0.9, fixed_sampling=0.9, strips=0.6,
    ),
    "shared-app": Shape(
        why="one product's system prompt stands before every request of its customers, each with an own account",
        per_account_day=6, cover=0.3, families=("app", "support"), templates=12, one_network=0.2, networks=20,
        one_agent=0.8, paid=0.3, end_users=1, strips=0.2,
    ),
    "viral-template": Shape(
        why="a prompt that went around is copied by people who do not know each other",
        per_account_day=5, cover=0.7, families=("instructions", "reasoning"), templates=8, paraphrased=0.2,
        synchronised=0.2, bursts=4, burst_minutes=90, fresh=0.3, strips=0.3,
    ),
}  # fmt: skip
"""What each kind does; rates and shares are ours, set to overlap with the campaigns they are mistaken for."""
