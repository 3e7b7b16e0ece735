"""The statistical proof: simulated worlds with known truths, and how often each interval holds them."""
