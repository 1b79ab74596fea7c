#!/usr/bin/env bash
# One topic, three types of event, a reader of two of them:  ./filters.sh
set -euo pipefail
server=${SSE_SERVER:-http://127.0.0.1:8080}
topic=shop/$RANDOM$RANDOM

publish() { curl -sS --fail-with-body -o /dev/null "$server/events/$topic?event=$1" -d "$2"; }
publish order "one pair of shoes"
publish click "a button, of no interest here"
publish stock "shoes: 41 left"
publish order "a hat"
curl -sS --fail-with-body -o /dev/null -X DELETE "$server/events/$topic"

# The stream ends with its topic, and so does curl.
curl -sSN "$server/events/$topic?event=order&event=stock&since=all"
