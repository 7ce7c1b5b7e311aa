"""Health check of the web containers: /livez, asked as the proxy would ask, with nothing but the standard library.

Not /healthz: a silent worker is a reason to call somebody, not to take the working desk away from the operators.
"""

import http.client
import os
import sys

host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=4)
try:
    connection.request("GET", "/livez", headers={"Host": host, "X-Forwarded-Proto": "https"})
    answer = connection.getresponse()
except OSError as error:
    sys.exit(f"no answer: {error}")
if answer.status != http.HTTPStatus.OK:
    sys.exit(f"{answer.status}: {answer.read(200).decode(errors='replace')}")
