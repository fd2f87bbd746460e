"""One file per operation: `measure` gives its lines of the table."""
