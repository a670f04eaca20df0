"""What is off the shelf, in an environment of its own: each reads a corpus and writes pairs with probabilities."""
