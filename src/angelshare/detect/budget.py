"""The false campaigns a user allows: `1 false campaign / 30d`, read strictly."""

from __future__ import annotations

import re

from angelshare.core.errors import PlanError
from angelshare.core.record import record

DEFAULT = "1 false campaign / 30d"
FORM = re.compile(r"(?P<campaigns>\d+(?:\.\d+)?) false campaigns? */ *(?P<days>\d+(?:\.\d+)?) ?d(?:ays?)?")


@record
class Budget:
    """False campaigns allowed in a period."""

    campaigns: float
    """Expected number at most, above 0."""

    days: float
    """Days of the period, above 0."""

    @property
    def per_day(self) -> float:
        """Give the false campaigns allowed per day."""
        return self.campaigns / self.days

    def __str__(self) -> str:
        return f"{self.campaigns:g} false campaign{'' if self.campaigns == 1 else 's'} / {self.days:g}d"


def parse_budget(text: str) -> Budget:
    """Read a budget such as `1 false campaign / 30d`.

    Raises PlanError that shows the form.
    """
    found = FORM.fullmatch(text.strip())
    if found is None:
        raise PlanError(f"budget '{text}': expected the form '{DEFAULT}': a number, the words, a slash, days")
    budget = Budget(campaigns=float(found["campaigns"]), days=float(found["days"]))
    if budget.campaigns <= 0 or budget.days <= 0:
        raise PlanError(
            f"budget '{text}': no finite history can hold 0 false campaigns, nor any number in 0 days; "
            f"allow a few over a longer time, such as '1 false campaign / 365d'"
        )
    return budget
