"""`python -m santai`: as the command."""

from santai.cli import main

main()
