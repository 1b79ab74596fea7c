"""A loop around requests that reconnects, as docs/clients.md shows it."""
import time

import requests

from report import Reader, report, token, url

reader = Reader()
while True:
    reader.restart()
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token()}"}
    if reader.last_id:
        headers["Last-Event-ID"] = reader.last_id
    try:
        with requests.get(url, headers=headers, stream=True, timeout=(5, 60)) as response:
            report(type="open")
            if response.status_code == 204:
                break
            # Without a charset in Content-Type, requests would take text for Latin-1.
            response.encoding = "utf-8"
            for line in response.iter_lines(decode_unicode=True):
                reader.line(line)
    except requests.RequestException as error:
        report(type="error", text=str(error))
    time.sleep(reader.retry)
report(type="stopped", reason="204")
