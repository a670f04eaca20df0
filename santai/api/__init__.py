"""The hub's HTTP door: webhooks in, progress out, health and metrics."""
