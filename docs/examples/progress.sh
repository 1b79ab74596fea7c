#!/usr/bin/env bash
# A job that publishes its progress:  ./progress.sh [JOB]      Then open the page whose address it prints.
# SSE_SERVER is the server, by default http://127.0.0.1:8080; PAUSE is the number of seconds between two steps.
set -euo pipefail
server=${SSE_SERVER:-http://127.0.0.1:8080}
job=${1:-$RANDOM}
pause=${PAUSE:-3}
echo "file://$(cd "$(dirname "$0")" && pwd)/progress.html?job=$job${SSE_SERVER:+&server=$SSE_SERVER}"

# Each step supersedes the previous one (key=), so a subscriber that connects late gets only the newest.
publish() { curl -sS --fail-with-body -w '\n' "$server/events/job/$job?key=progress&$1" -d "$2"; }
for percent in 0 20 40 60 80; do
  publish event=progress "{\"percent\": $percent, \"step\": \"part $((percent / 20 + 1)) of 5\"}"
  sleep "$pause"
done

# The last event ends the topic: streams end after it, and pages stop asking.
publish 'event=done&final=1' "5 parts done"
