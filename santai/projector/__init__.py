"""The read model: SQL rows folded from ticket events, for questions people ask."""
