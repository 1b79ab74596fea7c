"""A loop around httpx that reconnects, as docs/clients.md shows it."""
import time

import httpx

from report import Reader, report, token, url

reader = Reader()
while True:
    reader.restart()
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token()}"}
    if reader.last_id:
        headers["Last-Event-ID"] = reader.last_id
    try:
        with httpx.stream("GET", url, headers=headers, timeout=httpx.Timeout(5, read=60)) as response:
            report(type="open")
            if response.status_code == 204:
                break
            for line in response.iter_lines():
                reader.line(line.rstrip("\n"))
    except httpx.HTTPError as error:
        report(type="error", text=str(error))
    time.sleep(reader.retry)
report(type="stopped", reason="204")
