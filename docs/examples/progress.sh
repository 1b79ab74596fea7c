#!/usr/bin/env bash
# A job that tells its progress:  ./progress.sh [JOB]      then open progress.html?job=JOB
set -euo pipefail
server=${SSE_SERVER:-http://127.0.0.1:8080}
job=${1:-1}
pause=${PAUSE:-1}

# Each step supersedes the one before (key=), so who comes late gets the newest only.
for percent in 0 20 40 60 80; do
  curl -sS --fail-with-body -o /dev/null "$server/events/job/$job?event=progress&key=progress" \
    -d "{\"percent\": $percent, \"step\": \"part $((percent / 20 + 1)) of 5\"}"
  sleep "$pause"
done

# The last event ends the topic: streams end behind it, and pages stop asking.
curl -sS --fail-with-body "$server/events/job/$job?event=done&final=1" -d "5 parts done"
echo
