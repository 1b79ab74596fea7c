#!/usr/bin/env pwsh
#Requires -Version 7.4

<#
.SYNOPSIS
    Builds, tests, measures, publishes or runs SseServer.
.DESCRIPTION
    Each task but npm is one dotnet command in the Release configuration.
    Arguments after the task are passed on. The exit code is that of the
    command.

    build    everything; arguments go to dotnet build
    test     all tests; arguments go to dotnet test
    bench    micro benchmarks, by default all as a short job; arguments go
             to BenchmarkDotNet
    load     a load over real sockets, by default a short one; arguments go
             to bench/FanOut. Linux on x64 only; build first.
    publish  one self-contained file in artifacts/RUNTIME; the first argument
             is the runtime if it is not this machine's, the others go to
             dotnet publish
    npm      the browser client as an npm package in artifacts/npm, from the
             built files; needs neither node nor dotnet
    run      the server; arguments go to the server
    format   the source; arguments go to dotnet format
.PARAMETER Task
    What to do: build (the default), test, bench, load, publish, npm, run or
    format.
.EXAMPLE
    ./build.ps1
.EXAMPLE
    ./build.ps1 test --filter "FullyQualifiedName~Hosting"
.EXAMPLE
    ./build.ps1 bench --filter "*EventId*"
.EXAMPLE
    ./build.ps1 load --short --workload steady,idle
.EXAMPLE
    ./build.ps1 run --demo
.EXAMPLE
    ./build.ps1 publish win-x64
#>
param(
    [ValidateSet('build', 'test', 'bench', 'load', 'publish', 'npm', 'run', 'format')]
    [string] $Task = 'build'
)

$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot

# PowerShell changes arguments before a script sees them. At its prompt it turns `a,b` into an array and `-p:A=B` into two arguments.
# Started by another shell, it drops the colon of `--Drain:Seconds=1`; the process's own arguments still have it.
function Get-Rest([object[]] $seen) {
    $written = [Environment]::GetCommandLineArgs()
    for ($i = 1; $i -lt $written.Count; $i++) {
        if ((Resolve-Path -LiteralPath $written[$i] -ErrorAction Ignore).Path -ne $PSCommandPath) { continue }
        $rest = @($written | Select-Object -Skip ($i + 1))
        for ($j = 0; $j -lt $rest.Count; $j++) {
            if ($rest[$j] -ne $Task) { continue }
            # The argument before the task is its parameter name, as in -Task build.
            return @($rest | Select-Object -First $j | Where-Object { $_ -ne '-Task' }) + @($rest | Select-Object -Skip ($j + 1))
        }
        return $rest
    }

    $rest = @()
    foreach ($argument in $seen) {
        $text = $argument -is [array] ? $argument -join ',' : "$argument"
        if ($rest -and $rest[-1] -match '^-[^-].*:$') { $rest[-1] += $text } else { $rest += $text }
    }
    return $rest
}

# `& dotnet` would expand * to file names, and PowerShell takes an unquoted -- for itself.
function Invoke-Dotnet([string[]] $arguments) {
    $start = [Diagnostics.ProcessStartInfo]::new((Get-Command dotnet -CommandType Application -TotalCount 1).Source)
    $start.WorkingDirectory = $PSScriptRoot
    foreach ($argument in $arguments) { $start.ArgumentList.Add($argument) }
    $process = [Diagnostics.Process]::Start($start)
    $process.WaitForExit()
    exit $process.ExitCode
}

# The folder can be published as it is: npm publish artifacts/npm
function New-NpmPackage {
    $folder = New-Item -ItemType Directory -Force -Path 'artifacts/npm'
    Copy-Item -Path 'src/SseServer/Web/client*', 'LICENSE' -Destination $folder
    Copy-Item -Path 'docs/client.md' -Destination (Join-Path $folder 'README.md')
    $package = [ordered]@{
        name = 'sse-server-client'
        version = ([xml](Get-Content -Raw 'Directory.Build.props')).SelectSingleNode('//Version').InnerText
        description = 'The browser client of SseServer: EventSource with tokens, backoff, long polling and one connection for all tabs.'
        license = 'MIT'
        type = 'module'
        exports = [ordered]@{ '.' = [ordered]@{ types = './client.d.ts'; default = './client.js' }; './client-worker.js' = './client-worker.js' }
        files = @('client.js', 'client.d.ts', 'client-tabs.js', 'client-worker.js')
        sideEffects = $false
    }
    $package | ConvertTo-Json -Depth 5 | Set-Content -Path (Join-Path $folder 'package.json')
    Write-Output "artifacts/npm: $($package.name) $($package.version)"
}

$rest = @(Get-Rest $args)
switch ($Task) {
    'build' { Invoke-Dotnet (@('build', '-c', 'Release') + $rest) }
    'test' { Invoke-Dotnet (@('test', '-c', 'Release') + $rest) }
    'bench' {
        if (!$rest) { $rest = @('--job', 'short', '--filter', '*') }
        Invoke-Dotnet (@('run', '-c', 'Release', '--project', 'bench/Micro', '--') + $rest)
    }
    'load' {
        if (!$rest) { $rest = @('--short') }
        Invoke-Dotnet (@('run', '-c', 'Release', '--project', 'bench/FanOut', '--') + $rest)
    }
    'publish' {
        $runtime = [Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier
        if ($rest -and !$rest[0].StartsWith('-')) { $runtime, $rest = $rest[0], @($rest | Select-Object -Skip 1) }
        Invoke-Dotnet (@('publish', 'src/SseServer', '-c', 'Release', '-r', $runtime, '-o', "artifacts/$runtime") + $rest)
    }
    'npm' { New-NpmPackage }
    'run' { Invoke-Dotnet (@('run', '-c', 'Release', '--project', 'src/SseServer', '--') + $rest) }
    'format' { Invoke-Dotnet (@('format') + $rest) }
}
