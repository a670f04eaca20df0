"""Matching a file: read its lines, run the core over them in memory, say what came of it and how good it is."""
