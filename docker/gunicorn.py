"""How pages and the API are served: threads, because a request mostly waits for PostgreSQL."""

import os

bind = "0.0.0.0:8000"  # inside a container: the proxy is what the world sees
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
# Heartbeats of the workers do not belong on a disk.
worker_tmp_dir = "/dev/shm"  # noqa: S108
timeout = 30
graceful_timeout = 20
keepalive = 5
# The proxy is the only one who can reach us, and it says how the visitor came.
forwarded_allow_ips = "*"
accesslog = None
