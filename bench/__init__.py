"""Load with numbers written down: ``python -m bench [--only intake]``; docs/bench.md tells how to read them."""
