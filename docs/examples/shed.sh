#!/usr/bin/env bash
# Fifty streams, of which a fifth is sent away over five seconds:  ./shed.sh
set -euo pipefail
server=${SSE_SERVER:-http://127.0.0.1:8080}
over=${OVER_SECONDS:-5}

streams() { curl -sS "$server/healthz" | grep -o '"streams":[0-9]*'; }
readers=()
trap 'kill "${readers[@]}" 2> /dev/null; wait' EXIT
for _ in $(seq 50); do
  curl -sSN "$server/events/shed-example" > /dev/null &
  readers+=($!)
done
until [ "$(streams)" = '"streams":50' ]; do sleep 0.1; done

curl -sS --fail-with-body -X POST "$server/admin/shed?percent=20&seconds=$over"
echo
# Each ends cleanly with a retry: of its own. EventSource would come back after that time, to whichever server the balancer gives it; curl does not.
for _ in $(seq $((over + 1))); do
  streams
  sleep 1
done
