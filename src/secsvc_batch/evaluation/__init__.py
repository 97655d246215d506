"""From typed tables to verdicts. Knows no Excel: rows are named by sheet kind and row number."""
