"""Rounds of plainly fictional applicants, to try the program with, to test and to measure it."""

from secsvc_batch.sample.describe import describe
from secsvc_batch.sample.generator import BASE_DATE, SampleFile, make_round

__all__ = ["BASE_DATE", "SampleFile", "describe", "make_round"]
