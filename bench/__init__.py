"""What is fast, and against whom."""
