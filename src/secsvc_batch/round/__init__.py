"""One round: a folder of submissions in, annotated workbooks and tables out."""
