"""The web server: two workers of four threads, on the address of HOST and PORT."""

import os
from pathlib import Path

host = os.environ.get("HOST") or "127.0.0.1"
port = os.environ.get("PORT") or "8000"
bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", 2))
threads = 4
timeout = 60
graceful_timeout = 30
keepalive = 5
max_requests = 2000
max_requests_jitter = 200
shared_memory = Path("/dev/shm")  # noqa: S108 (memory, not a file of ours)
worker_tmp_dir = str(shared_memory) if shared_memory.is_dir() else None
control_socket_disable = True
secure_scheme_headers = {}  # whether to believe a proxy is said once, by TRUST_PROXY

# Who asked, and for what words, is nobody's business: no address, no query string, no referrer.
accesslog = "-"
access_log_format = "%(m)s %(U)s %(s)s, %(B)s bytes, %(M)s ms"
logconfig_dict = {
    "formatters": {"generic": {"()": "cssr.logs.LineFormatter"}},
    "root": {"handlers": ["error_console"]},
    "loggers": {
        "gunicorn.error": {"propagate": True},
        "gunicorn.access": {"propagate": True},
    },
}


def when_ready(server):
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, bind.removesuffix(f":{port}"))  # noqa: S104 (shown)
    print(f"CSSR recommendations is at http://{name}:{port} (stop with Ctrl+C)", flush=True)
