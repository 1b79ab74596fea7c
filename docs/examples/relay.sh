#!/usr/bin/env bash
# Two servers: events published to the first are read from the second:  ./relay.sh
# SSE_SERVER_PROGRAM is the program; by default it is built from this repository.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${SSE_SERVER_PROGRAM:-}" ]; then
  dotnet build -c Release -v q --nologo src/SseServer
  SSE_SERVER_PROGRAM=src/SseServer/bin/Release/net10.0/sse-server
fi
source_port=${SOURCE_PORT:-8091}
relay_port=${RELAY_PORT:-8092}
source=http://127.0.0.1:$source_port
relay=http://127.0.0.1:$relay_port

"$SSE_SERVER_PROGRAM" --Server:Listen "127.0.0.1:$source_port" > /dev/null &
first=$!
"$SSE_SERVER_PROGRAM" --Server:Listen "127.0.0.1:$relay_port" --Relay:0:Url "$source/events/news" --Relay:0:Topic mirror/news > /dev/null &
second=$!
trap 'kill "$first" "$second"; wait' EXIT

curl -sS --retry 20 --retry-delay 1 --retry-connrefused -o /dev/null "$source/healthz"
curl -sS --retry 20 --retry-delay 1 --retry-connrefused -o /dev/null "$relay/healthz"
# The relay reads from the moment it is connected: wait for it.
until curl -sS "$source/healthz" | grep -q '"streams":1'; do sleep 0.1; done

for word in one two three; do curl -sS --fail-with-body -o /dev/null "$source/events/news" -d "$word"; done

# Three events, read from the second server.
curl -sSN --max-time "${SECONDS_TO_READ:-3}" "$relay/events/mirror/news?since=all" || [ $? = 28 ]
