"""A rehearsal: recorded requests of another city go through our own desk, with everybody's work simulated.

Nothing here takes a short cut: calls are written down, rung back, accepted and closed by the services that the pages
use, from threads with connections of their own, while the running centre escalates what nobody keeps.
"""
