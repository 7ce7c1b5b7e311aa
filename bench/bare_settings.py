"""The same servers as the centre's with the bare view alone; BENCH_KEEP says for how long connections are kept."""

import os

from dispatch_center.settings import *  # noqa: F403
from dispatch_center.settings import DATABASES

ROOT_URLCONF = "bench.bare"
MIDDLEWARE = []
# Django itself opens a connection for each request; the centre keeps them.
DATABASES["default"]["CONN_MAX_AGE"] = int(os.environ["BENCH_KEEP"])
