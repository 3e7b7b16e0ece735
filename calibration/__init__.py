"""`python -m calibration`: the statistical proof at full size."""
