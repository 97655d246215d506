"""Excel in and out: the data dictionary, the template, reading and annotating workbooks."""
