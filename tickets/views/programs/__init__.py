"""The organisation's own programs: the tokens they ask with, and the webhooks they are told by."""
