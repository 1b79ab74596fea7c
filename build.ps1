#!/usr/bin/env pwsh
#Requires -Version 7.0
<#
.SYNOPSIS
    Builds, tests, measures, publishes or runs SseServer. Each task is one plain dotnet call.
.EXAMPLE
    ./build.ps1
.EXAMPLE
    ./build.ps1 test --filter "FullyQualifiedName~Hosting"
.EXAMPLE
    ./build.ps1 load --short --workload steady,idle
.EXAMPLE
    ./build.ps1 run --demo
.EXAMPLE
    ./build.ps1 publish win-x64
#>
param(
    [ValidateSet('build', 'test', 'bench', 'publish', 'run', 'format')]
    [string] $Task = 'build'
)

# What stands after the task ($args) goes on to dotnet, to the load bench or to the server; publish takes a runtime first.
$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot

function Invoke-Dotnet {
    dotnet @args
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
}

switch ($Task) {
    'build' { Invoke-Dotnet build -c Release @args }
    'test' { Invoke-Dotnet test -c Release @args }
    'bench' {
        Invoke-Dotnet run -c Release --project bench/Micro -- --job short --filter '*'
        Invoke-Dotnet run -c Release --project bench/FanOut -- --short @args
    }
    'publish' {
        $runtime = if ($args) { $args[0] } else { 'linux-x64' }
        $more = @($args | Select-Object -Skip 1)
        Invoke-Dotnet publish src/SseServer -c Release -r $runtime -o "artifacts/$runtime" @more
    }
    'run' { Invoke-Dotnet run -c Release --project src/SseServer -- @args }
    'format' { Invoke-Dotnet format @args }
}
