#!/usr/bin/env bash
# Starts two servers; events published to the first are read from the second:  ./relay.sh
# SSE_SERVER_PROGRAM is the program; by default it is built from this repository.
# SOURCE_PORT and RELAY_PORT are the ports they listen on.
set -euo pipefail
if [ -z "${SSE_SERVER_PROGRAM:-}" ]; then
  cd "$(dirname "$0")/../.."
  dotnet build -c Release -v q --nologo src/SseServer
  SSE_SERVER_PROGRAM=src/SseServer/bin/Release/net10.0/sse-server
fi
source=127.0.0.1:${SOURCE_PORT:-8091}
relay=127.0.0.1:${RELAY_PORT:-8092}

"$SSE_SERVER_PROGRAM" --listen "$source" > /dev/null &
first=$!
"$SSE_SERVER_PROGRAM" --listen "$relay" --Relay:0:Url "http://$source/events/news" --Relay:0:Topic mirror/news > /dev/null &
second=$!
trap 'kill "$first" "$second"; wait' EXIT

# The relay reads what is published once it is connected, so wait for that. If a server could not start, it has printed the reason.
until [[ $(curl -s "http://$relay/metrics") == *'sse_relay_up{topic="mirror/news"} 1'* ]]; do
  kill -0 "$first" "$second"
  [ $SECONDS -lt 60 ] || { echo "The relay did not connect within a minute." >&2; exit 1; }
  sleep 0.1
done

for word in one two three; do curl -sS --fail-with-body -w '\n' "http://$source/events/news" -d "$word"; done

# Three events, read from the second server.
while IFS= read -r line; do
  printf '%s\n' "$line"
  [ "$line" != "data: three" ] || exit 0
done < <(curl -sN --max-time 60 "http://$relay/events/mirror/news?since=all")
echo "The third event did not arrive." >&2
exit 1
