#!/usr/bin/env bash
# Builds the Dockerfile and runs what comes out: that it refuses to start without a publish key, starts with one as a
# user who may write nowhere, answers its own health check and an outside request, and stops in order.
#
# No image is pulled: the two base images are made from this machine's own libraries and SDK, and packages come from its
# NuGet cache, so the test needs no network. Exit code 77 says that this machine cannot run it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

skip() { echo "Skipped: $1."; exit 77; }
fail() { echo "FAILED: $1."; exit 1; }

for command in buildah dotnet curl ldd pgrep; do
    command -v "$command" >/dev/null || skip "$command is not installed"
done
((EUID == 0)) || skip "building without a registry's base images needs root"

dotnet_root=$(dirname "$(readlink -f "$(command -v dotnet)")")
packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}
name=localhost/sse-server-test-$$
work=$(mktemp -d)
container='' server=''

# The server itself: a signal to buildah would end buildah alone.
server_process() {
    local process=$server child
    while child=$(pgrep -P "$process" | head -n 1) && [[ -n $child ]]; do process=$child; done
    echo "$process"
}

cleanup() {
    [[ -z $server ]] || kill -KILL "$(server_process)" 2>/dev/null || true
    [[ -z $container ]] || buildah rm "$container" >/dev/null || true
    buildah rmi --force "$name" "$name-sdk" "$name-runtime" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap cleanup EXIT

# Copies programs with every library they load into a directory that becomes a root file system.
copy_with_libraries() {
    local root=$1; shift
    local file
    for file in "$@" $(ldd "$@" 2>/dev/null | grep -o '/[^ )]*' | grep -v ':$' | sort -u); do
        [[ -e $root$file ]] || install -D "$file" "$root$file"
    done
}

make_image() {
    local image=$1 root=$2 from
    from=$(buildah from scratch)
    buildah copy --quiet "$from" "$root" / >/dev/null
    buildah config --env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 --env PATH=/usr/share/dotnet:/bin "$from"
    buildah commit --quiet --rm "$from" "$image" >/dev/null
}

native=("$dotnet_root"/shared/Microsoft.NETCore.App/10.*/*.so)
openssl=(/usr/lib/*/libssl.so.3 /usr/lib/*/libcrypto.so.3)

echo "== Base images from this machine"
mkdir -p "$work/sdk/tmp" "$work/sdk/root" "$work/sdk/usr/share/dotnet" "$work/runtime"
copy_with_libraries "$work/sdk" /bin/sh "$dotnet_root/dotnet" "${native[@]}" "${openssl[@]}"
rm -rf "$work/sdk$dotnet_root"
copy_with_libraries "$work/runtime" "${native[@]}" "${openssl[@]}"
rm -rf "$work/runtime$dotnet_root"
# NuGet names its lock files after the user, and waits endlessly if the user has no name.
mkdir "$work/sdk/etc"
echo 'root:x:0:0:root:/root:/bin/sh' >"$work/sdk/etc/passwd"
make_image "$name-sdk" "$work/sdk"
make_image "$name-runtime" "$work/runtime"

echo "== Build"
case $(uname -m) in aarch64) arch=arm64 ;; *) arch=amd64 ;; esac
timeout 300 buildah build --quiet --isolation chroot --format docker --tag "$name" \
    --build-arg TARGETARCH="$arch" --build-arg SDK_IMAGE="$name-sdk" --build-arg RUNTIME_IMAGE="$name-runtime" \
    --volume "$dotnet_root:/usr/share/dotnet:ro" --volume "$packages:/root/.nuget/packages" \
    . >"$work/build.log" 2>&1 || { cat "$work/build.log"; fail "the image does not build"; }

inspect() { buildah inspect --type image --format "$1" "$name"; }
user=$(inspect '{{.Docker.Config.User}}')
[[ $user =~ ^[1-9][0-9]*(:[1-9][0-9]*)?$ ]] || fail "the user '$user' is not a number other than 0"
[[ $(inspect '{{.Docker.Config.Healthcheck}}') == *--check* ]] || fail "there is no health check"
entry=$(inspect '{{index .Docker.Config.Entrypoint 0}}')

container=$(buildah from --pull-never "$name")
# Chroot isolation shares this machine's network, so the port is one of its own.
port=$(((RANDOM % 10000) + 20000))
in_container() { timeout 60 buildah run --isolation chroot --env SSE_Server__Listen=0.0.0.0:$port "$@"; }

echo "== Without a publish key"
if in_container "$container" -- "$entry" >"$work/refusal.log" 2>&1; then
    fail "it starts on every address without a publish key"
fi
grep -q 'Auth:' "$work/refusal.log" || { cat "$work/refusal.log"; fail "its refusal names no setting"; }

echo "== With a publish key"
in_container --env SSE_Auth__PublishKeys__test=0123456789abcdef0123456789abcdef "$container" -- "$entry" >"$work/server.log" 2>&1 &
server=$!
url=http://127.0.0.1:$port/healthz
curl --silent --fail --retry 50 --retry-delay 0 --retry-max-time 20 --retry-connrefused "$url" >/dev/null \
    || { cat "$work/server.log"; fail "it does not answer"; }
in_container "$container" -- "$entry" --check "$url" || fail "its own health check fails"

kill -TERM "$(server_process)"
wait "$server" || { cat "$work/server.log"; fail "it does not stop in order"; }
server=''
echo "Passed."
