"""The same servers and the same connections as the centre's, with the bare view alone."""

from dispatch_center.settings import *  # noqa: F403

ROOT_URLCONF = "bench.bare"
MIDDLEWARE = []
