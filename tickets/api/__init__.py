"""The programs' face: on the same querysets and services as the screens."""
