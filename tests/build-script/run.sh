#!/usr/bin/env bash
# Runs build.ps1 in PowerShell: with a dotnet that only prints its arguments, to see what each task runs, and with the real one.
# Usage: run.sh PWSH. The solution must have been built (dotnet build -c Release). Publishes too if SSE_TEST_LONG=1.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

pwsh=${1:?Usage: run.sh PWSH}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 POWERSHELL_TELEMETRY_OPTOUT=1 NO_COLOR=1
failures=0

# The PowerShell tool starts itself through the dotnet of PATH.
cat >"$work/dotnet" <<EOF
#!/bin/sh
case \$1 in *.dll) exec "$(command -v dotnet)" "\$@" ;; esac
printf "[%s]" "\$@"
echo
exit 7
EOF
chmod +x "$work/dotnet"

fail() { echo "FAILED: $1"; failures=$((failures + 1)); }

# What the task runs, and that its exit code is returned: expect WANTED ARGUMENT...
expect() {
    local wanted=$1 got code
    shift
    got=$(PATH=$work:$PATH "$pwsh" -NoProfile ./build.ps1 "$@" 2>&1); code=$?
    [[ $got == "$wanted" && $code == 7 ]] || fail "build.ps1 $* ran $got (exit code $code), not $wanted"
}

# The same at PowerShell's own prompt: expect_prompt WANTED COMMAND
expect_prompt() {
    local wanted=$1 got code
    got=$(PATH=$work:$PATH "$pwsh" -NoProfile -Command "./build.ps1 $2; exit \$LASTEXITCODE" 2>&1); code=$?
    [[ $got == "$wanted" && $code == 7 ]] || fail "> build.ps1 $2 ran $got (exit code $code), not $wanted"
}

# With the real dotnet: run CODE TEXT ARGUMENT...
run() {
    local wanted=$1 text=$2 got code
    shift 2
    got=$("$pwsh" -NoProfile ./build.ps1 "$@" 2>&1); code=$?
    [[ $code == "$wanted" && $got == *"$text"* ]] \
        || fail "build.ps1 $* ended with exit code $code, not $wanted, or did not print \"$text\": $(tail -n 15 <<<"$got")"
}

echo "== What build.ps1 runs"
runtime=linux-$(case $(uname -m) in aarch64) echo arm64 ;; *) echo x64 ;; esac)
server='[run][-c][Release][--project][src/SseServer][--]'
publish='[publish][src/SseServer][-c][Release]'
expect '[build][-c][Release]'
expect '[build][-c][Release][-p:Version=1.2.3][-v][q]' build -p:Version=1.2.3 -v q
expect '[test][-c][Release][--filter][A|B]' -Task test --filter 'A|B'
expect '[run][-c][Release][--project][bench/Micro][--][--job][short][--filter][*]' bench
expect '[run][-c][Release][--project][bench/Micro][--][--filter][*s*]' bench --filter '*s*'
expect '[run][-c][Release][--project][bench/FanOut][--][--short]' load
expect '[run][-c][Release][--project][bench/FanOut][--][--short][--workload][steady,idle]' load --short --workload steady,idle
expect "$server[--help]" run --help
expect "$server[--Drain:Seconds=1][--Auth:A:B=a b][][*]" run --Drain:Seconds=1 '--Auth:A:B=a b' '' '*'
expect "$server[run]" run run
expect "$publish[-r][$runtime][-o][artifacts/$runtime]" publish
expect "$publish[-r][$runtime][-o][artifacts/$runtime][-v][q]" publish -v q
expect "$publish[-r][win-x64][-o][artifacts/win-x64][-v][q]" publish win-x64 -v q
expect '[format][--verify-no-changes]' format --verify-no-changes
expect_prompt '[run][-c][Release][--project][bench/Micro][--][--filter][*s*]' "bench --filter '*s*'"
expect_prompt '[run][-c][Release][--project][bench/FanOut][--][--short][--workload][steady,idle]' 'load --short --workload steady,idle'
expect_prompt "$server[--Drain:Seconds=1][--Auth:A:B=a b][][-p:A=b]" "run --Drain:Seconds=1 '--Auth:A:B=a b' '' -p:A=b"
expect_prompt "$publish[-r][win-x64][-o][artifacts/win-x64]" 'publish win-x64'

# Every task is in the help and in README, and every example is accepted.
help=$("$pwsh" -NoProfile -Command 'Get-Help ./build.ps1 -Full | Out-String -Width 200' 2>&1)
mapfile -t tasks < <(grep -o "ValidateSet(.*)" build.ps1 | grep -o "'[a-z]*'" | tr -d "'")
((${#tasks[@]} > 1)) || fail "no tasks found in build.ps1"
for task in "${tasks[@]}"; do
    grep -Eq "^ +$task  " <<<"$help" || fail "Get-Help ./build.ps1 says nothing of the task $task"
    grep -Eq "build\.ps1.*\b$task\b" README.md || fail "README.md says nothing of the task $task"
done
mapfile -t examples < <(grep -o '^ *\./build\.ps1.*' build.ps1 | sed 's/^ *//')
((${#examples[@]} > 1)) || fail "no examples found in build.ps1"
for example in "${examples[@]}"; do
    grep -Fq -- "$example" <<<"$help" || fail "Get-Help ./build.ps1 lacks the example $example"
    PATH=$work:$PATH "$pwsh" -NoProfile -Command "$example; exit \$LASTEXITCODE" >/dev/null 2>&1
    [[ $? == 7 ]] || fail "the example $example runs nothing"
done

echo "== build.ps1 for real"
run 1 "The argument \"nonsense\" does not belong to the set" nonsense
run 0 "0 Error(s)" build --no-restore -v minimal -clp:Summary
run 0 "Passed!" test --no-build --filter 'FullyQualifiedName~TerminalTextTests'
run 1 "" test --no-build --filter 'FullyQualifiedName~~'
run 0 "Usage:" run --no-build --help
run 0 "artifacts/npm: sse-server-client" npm
if command -v node >/dev/null; then
    mkdir -p "$work/node_modules" && cp -r artifacts/npm "$work/node_modules/sse-server-client"
    got=$(cd "$work" && node --input-type=module -e 'import { EventStream } from "sse-server-client"; console.log(EventStream.OPEN)' 2>&1)
    [[ $got == 1 ]] || fail "the npm package cannot be imported: $got"
fi
run 0 "EventIdBenchmarks" bench --list flat --filter '*EventId*'
run 0 "Global total time" bench --job Dry --filter '*EventIdBenchmarks.Parse'
run 1 "No benchmark ran" bench --job Dry --filter '*NoSuchBenchmark*'
run 2 "Usage: FanOut" load --no-such-option
run 0 "" format whitespace --no-restore --verify-no-changes --include src/SseServer/Hosting/Program.cs
if [[ ${SSE_TEST_LONG:-} == 1 ]]; then
    run 0 "artifacts/$runtime" publish
fi

((failures == 0)) || { echo "$failures failures."; exit 1; }
echo "Passed."
