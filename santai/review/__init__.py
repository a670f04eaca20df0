"""The clerk's desk: what is to be decided, the evidence, and the decision on its way to Kafka."""
