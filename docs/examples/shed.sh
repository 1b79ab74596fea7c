#!/usr/bin/env bash
# Opens fifty streams and sheds a fifth of them over five seconds:  ./shed.sh
# SSE_SERVER is the server, by default http://127.0.0.1:8080. It must be on this machine, and should have no other clients, because a fifth
# of their streams ends too. OVER_SECONDS is the time.
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
  [ $SECONDS -lt 30 ] || { echo "The fifty streams did not open within 30 seconds." >&2; exit 1; }
  sleep 0.1
done

answer=$(curl -sS --fail-with-body -X POST "$server/admin/shed?percent=20&over=${over}s") || { echo "$answer" >&2; exit 1; }
echo "$answer"
left=$((others + 50 - $(number <<< "$answer")))
# Each stream ends cleanly with its own retry:. EventSource would come back after that time, to any server that the load balancer
# chooses; curl does not.
while now=$(streams); echo "$now streams"; [ "$now" -gt "$left" ]; do
  [ $SECONDS -lt $((over + 60)) ] || { echo "Too many streams are still open; there should be $left." >&2; exit 1; }
  sleep 1
done
