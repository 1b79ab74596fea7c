#!/usr/bin/env bash
# How many read a topic, as a stream:  ./presence.sh
# SSE_SERVER_PROGRAM is the program; by default it is built from this repository.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${SSE_SERVER_PROGRAM:-}" ]; then
  dotnet build -c Release -v q --nologo src/SseServer
  SSE_SERVER_PROGRAM=src/SseServer/bin/Release/net10.0/sse-server
fi
port=${PORT:-8093}
server=http://127.0.0.1:$port

"$SSE_SERVER_PROGRAM" --Server:Listen "127.0.0.1:$port" --Presence:Topics 'chat/**' > /dev/null &
program=$!
trap 'kill "$program"; wait' EXIT
curl -sS --retry 20 --retry-delay 1 --retry-connrefused -o /dev/null "$server/healthz"

# Three readers come, a second apart, and go after four; the counts are told as they change, once a second at most.
for _ in 1 2 3; do
  curl -sSN --max-time 4 -o /dev/null "$server/events/chat/7" || true &
  sleep 1.2
done &
curl -sSN --max-time "${SECONDS_TO_READ:-9}" "$server/events/\$presence/chat/7?since=latest" || [ $? = 28 ]
