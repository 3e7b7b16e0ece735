"""Readers of log formats into the canonical request table."""
