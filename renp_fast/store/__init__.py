"""The store of a scan: one object for each block and variable, and a journal of what is done."""
