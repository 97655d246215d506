"""Verdicts and findings as people and programs read them: tables, exports, sheets and the round's summary."""
