"""A simulated provider: honest accounts, look-alikes and campaigns, with known truth."""
