#!/usr/bin/env bash
# Publishes three types of events to a topic and subscribes to two of them:  ./filters.sh
# SSE_SERVER is the server, by default http://127.0.0.1:8080.
set -euo pipefail
server=${SSE_SERVER:-http://127.0.0.1:8080}
topic=shop/$RANDOM$RANDOM

publish() { curl -sS --fail-with-body -w '\n' "$server/events/$topic?event=$1" -d "$2"; }
publish order "one pair of shoes"
publish click "a button, of no interest here"
publish stock "shoes: 41 left"
publish order "a hat"
curl -sS --fail-with-body -w '\n' -X POST "$server/events/$topic?final=1"

# The stream ends with its topic, and so does curl.
curl -sSN --fail-with-body "$server/events/$topic?event=order&event=stock&since=all"
