using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SseServer.Tests.Support;

namespace SseServer.Browser.Tests;

/// <summary>npm's <c>eventsource</c> in a node process of its own.</summary>
internal sealed class NodeReader : IEventReader
{
    private static readonly Lazy<Task<string?>> Installed = new(InstallAsync);

    private readonly Process _process;

    private NodeReader(Process process) => _process = process;

    /// <summary>Starts it; the test is ignored if there is no node or no npm registry.</summary>
    public static async Task<NodeReader> StartAsync(Uri url)
    {
        if (await Installed.Value is not { } directory)
        {
            Assert.Ignore("node 20 or later with npm's eventsource is not to be had on this machine.");
            throw new UnreachableException();
        }

        var start = new ProcessStartInfo("node")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add(Path.Combine(directory, "read.mjs"));
        start.ArgumentList.Add(url.AbsoluteUri);
        foreach (var type in IEventReader.Types) start.ArgumentList.Add(type);
        return new NodeReader(Process.Start(start)!);
    }

    public async Task<SeenEvent> NextAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync().Soon() ?? throw new IOException("node ended.");
        var seen = JsonDocument.Parse(line).RootElement;
        return new SeenEvent(seen[0].GetString()!, seen[1].GetString()!, seen[2].GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().Soon();
        _process.Dispose();
    }

    // Beside the test's assembly, so that a second run finds it there.
    private static async Task<string?> InstallAsync()
    {
        var directory = Path.Combine(TestContext.CurrentContext.TestDirectory, "node");
        if (Directory.Exists(Path.Combine(directory, "node_modules", "eventsource"))) return directory;
        try
        {
            var command = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
            using var npm = Process.Start(new ProcessStartInfo(command, "ci --no-audit --no-fund --ignore-scripts")
            {
                WorkingDirectory = directory,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = Task.WhenAll(npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
            await npm.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
            await TestContext.Out.WriteLineAsync(string.Join('\n', await output));
            return npm.ExitCode == 0 ? directory : null;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or TimeoutException)
        {
            return null;
        }
    }
}
