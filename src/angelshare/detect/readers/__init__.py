"""Readers of gateway logs: one small class per vendor's format, one canonical table."""
