"""提出前チェック: what the standard makes of a workbook while it is being filled in.

Everything is generated from the rules. ``plan`` collects what the hidden sheet of calculations holds,
``rows``, ``cases``, ``reviews`` and ``people`` are its helpers, ``leaves`` decides the leaves and
``tree`` the groups, ``sheet`` shows them. The program itself never reads these sheets.
"""

from secsvc_batch.workbook.template.precheck.sheet import Precheck

__all__ = ["Precheck"]
