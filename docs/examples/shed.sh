#!/usr/bin/env bash
# Fifty streams, of which a fifth is sent away over five seconds:  ./shed.sh
# SSE_SERVER is the server, by default http://127.0.0.1:8080, on this machine and not in use, since a fifth of others' streams goes too; OVER_SECONDS the time.
set -euo pipefail
server=${SSE_SERVER:-http://127.0.0.1:8080}
over=${OVER_SECONDS:-5}

number() { sed 's/.*"streams":\([0-9]*\).*/\1/'; }
streams() { curl -sS --fail-with-body "$server/healthz" | number; }
others=$(streams)
readers=()
trap 'kill "${readers[@]}" 2> /dev/null; wait' EXIT
for _ in $(seq 50); do
  curl -sN "$server/events/shed-example" > /dev/null &
  readers+=($!)
done
until [ "$(streams)" -ge $((others + 50)) ]; do
  [ $SECONDS -lt 30 ] || { echo "Fifty streams did not begin within 30 seconds." >&2; exit 1; }
  sleep 0.1
done

answer=$(curl -sS --fail-with-body -X POST "$server/admin/shed?percent=20&seconds=$over") || { echo "$answer" >&2; exit 1; }
echo "$answer"
left=$((others + 50 - $(number <<< "$answer")))
# Each ends cleanly with a retry: of its own. EventSource would come back after that time, to whichever server the balancer gives it; curl does not.
while now=$(streams); echo "$now streams"; [ "$now" -gt "$left" ]; do
  [ $SECONDS -lt $((over + 60)) ] || { echo "There should be $left by now." >&2; exit 1; }
  sleep 1
done
