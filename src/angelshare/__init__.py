"""Measure how much of a closed-weight model's capability evaporates through its API."""

__version__ = "2026.11.0"
