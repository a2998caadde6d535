"""Web server of a ministry's installation: gunicorn --config deploy/gunicorn.conf.py tracker.wsgi"""

import multiprocessing
import os

# The proxy stands in front and speaks TLS; gunicorn believes its X-Forwarded-Proto because it comes by this socket.
bind = os.environ.get("BIND", "unix:/run/tracker/web.sock")
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", multiprocessing.cpu_count()))
threads = 4
preload_app = True
timeout = 60  # seconds
graceful_timeout = 20  # seconds
max_requests, max_requests_jitter = 5000, 500
control_socket_disable = True
