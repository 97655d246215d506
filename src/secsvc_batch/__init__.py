"""Batch evaluation of applications against Japan's information-security service standard."""

__version__ = "0.1.0"
