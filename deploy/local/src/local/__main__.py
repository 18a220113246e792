"""`python -m local`: what `./pc` becomes."""

from local.cli import main

main()
