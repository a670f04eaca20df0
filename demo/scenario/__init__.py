"""A day in a small province: what is planned, who acts it, and what must have come of it."""
