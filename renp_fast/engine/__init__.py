"""A scan, from its file to the finished store."""
