"""The commands by subject. What is heavy is imported when its command runs: `--help` must be quick."""
