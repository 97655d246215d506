"""The standard as data: rules, readings and reference lists turned into objects.

Start at :func:`secsvc_batch.standard.loader.load_standard`. This file stays empty of imports: the
data dictionary (``secsvc_batch.workbook.layout``) builds on ``standard.model`` and the loader builds
on the data dictionary.
"""
