#!/usr/bin/env bash
# Publishes the self-contained file from two copies of the working tree in folders of different names, and fails unless all files are the
# same, byte for byte: whoever builds a release again can tell that it was made from this source. Takes some minutes; packages come from
# the NuGet cache or the feed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

runtime=${1:-linux-x64}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false

publish() {
    local source=$work/$1
    mkdir -p "$source"
    git ls-files --cached --others --exclude-standard -z | xargs -0 cp --parents --target-directory "$source" 2>/dev/null || true
    echo "== Publish from .../$1"
    (cd "$source" && dotnet publish src/SseServer -c Release -r "$runtime" -p:RestoreLockedMode=true -o "$work/out-$2" -v quiet)
    (cd "$work/out-$2" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$work/$2.sha256"
}

publish first 1
publish 'a second folder/deeper' 2
cat "$work/1.sha256"
diff "$work/1.sha256" "$work/2.sha256" || { echo "FAILED: the files depend on the folder that they are built in."; exit 1; }
if grep --binary-files=text --recursive --quiet --fixed-strings "$work" "$work/out-1"; then
    echo "FAILED: a file names the folder that it was built in."
    exit 1
fi
echo "Passed."
