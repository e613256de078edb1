"""Tests of the app: run `python -m pytest`."""
