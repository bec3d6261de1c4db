"""Which blocks are computed, where and when."""
