"""Requests a minute: one limiter a key, shared by threads and processes."""
