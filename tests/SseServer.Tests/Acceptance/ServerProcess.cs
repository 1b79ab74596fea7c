using System.Diagnostics;
using System.Net;
using SseServer.Tests.Support;

namespace SseServer.Tests.Acceptance;

/// <summary>The built program in a process of its own, on a port of the system's choice.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const string Listening = "Listening on ";

    private readonly Process _process;
    private readonly Task<string> _error;

    private ServerProcess(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    public IPEndPoint EndPoint { get; private set; } = null!;

    public static Task<ServerProcess> StartAsync(params string[] args) => StartAtAsync(0, args);

    /// <summary>Starts it on a port of the caller's choice, as one that takes another's place.</summary>
    public static async Task<ServerProcess> StartAtAsync(int port, params string[] args)
    {
        var server = new ServerProcess(Process.Start(Describe(["--listen", $"127.0.0.1:{port}", .. args]))!);
        await server.ReadEndPointAsync().Soon();
        return server;
    }

    /// <summary>Runs the program to its end, as a command or a server that cannot start; its exit code, and all that it wrote.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] args)
    {
        using var process = Process.Start(Describe(args))!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().Soon();
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    /// <summary>As a crash: no code of the program runs any more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().Soon();
    }

    /// <summary>As an operator stops it; returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync().Soon();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private static ProcessStartInfo Describe(string[] args)
        => new(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "sse-server.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

    private async Task ReadEndPointAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var at = line.IndexOf(Listening, StringComparison.Ordinal);
            if (at < 0) continue;
            EndPoint = IPEndPoint.Parse(line.AsSpan(at + Listening.Length).Trim('"'));
            // The rest of the log is read away, so that it never fills its pipe.
            _ = _process.StandardOutput.ReadToEndAsync();
            return;
        }

        Assert.Fail("The server did not start: " + await _error);
    }
}
