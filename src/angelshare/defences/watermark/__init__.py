"""Text watermarks: key schedules, detectors that count, and generators."""
