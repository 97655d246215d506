"""Inputs and outputs on object storage: fetched before a chunk, put up after it, by way of fsspec."""
