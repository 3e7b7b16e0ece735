"""A simulated provider: honest accounts, look-alikes and campaigns, with known truth."""

from angelshare.detect.world.build import World, build, groups_of, key_of
from angelshare.detect.world.plan import CampaignPlan, DetectPlan, Event, TenantPlan, WorldPlan, read_plan
from angelshare.detect.world.presets import COST, HARD, PRESETS, cost
from angelshare.detect.world.tenants import TENANTS

__all__ = [
    "COST",
    "HARD",
    "PRESETS",
    "TENANTS",
    "CampaignPlan",
    "DetectPlan",
    "Event",
    "TenantPlan",
    "World",
    "WorldPlan",
    "build",
    "cost",
    "groups_of",
    "key_of",
    "read_plan",
]
