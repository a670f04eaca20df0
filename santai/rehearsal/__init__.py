"""`santai demo`: the whole hub and a small province on one machine."""
