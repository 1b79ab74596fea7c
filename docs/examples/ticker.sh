#!/usr/bin/env bash
# Publishes changing prices:  ./ticker.sh [ROUNDS]      Then open the page whose address it prints.
# SSE_SERVER is the server, by default http://127.0.0.1:8080; PAUSE is the number of seconds between two rounds.
set -euo pipefail
server=${SSE_SERVER:-http://127.0.0.1:8080}
pause=${PAUSE:-0.5}
echo "file://$(cd "$(dirname "$0")" && pwd)/ticker.html${SSE_SERVER:+?server=$SSE_SERVER}"

for ((round = 1; round <= ${1:-120}; round++)); do
  # A batch, one event per line. A newer event supersedes the older one with the same key.
  for symbol in ACME GLOBEX INITECH HOOLI; do
    printf '{"topic": "prices", "key": "%s", "data": {"symbol": "%s", "price": %d.%02d}}\n' "$symbol" "$symbol" $((50 + RANDOM % 50)) $((RANDOM % 100))
  done | curl -sS --fail-with-body -w '\n' -H 'Content-Type: application/x-ndjson' --data-binary @- "$server/events"
  sleep "$pause"
done
