#!/usr/bin/env bash
# Prices that change:  ./ticker.sh [ROUNDS]      then open ticker.html
set -euo pipefail
server=${SSE_SERVER:-http://127.0.0.1:8080}
pause=${PAUSE:-0.5}

for ((round = 1; round <= ${1:-60}; round++)); do
  # A batch, one event a line. key= is what a newer event supersedes the older one of.
  for symbol in ACME GLOBEX INITECH HOOLI; do
    printf '{"topic": "prices", "key": "%s", "data": {"symbol": "%s", "price": %d.%02d}}\n' "$symbol" "$symbol" $((50 + RANDOM % 50)) $((RANDOM % 100))
  done | curl -sS --fail-with-body -o /dev/null -H 'Content-Type: application/x-ndjson' --data-binary @- "$server/events"
  sleep "$pause"
done
