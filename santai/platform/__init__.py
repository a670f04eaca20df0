"""The local platform: a real broker, a real schema registry and real databases, without containers."""
