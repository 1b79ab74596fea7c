using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SseServer.Tests.Support;

namespace SseServer.Browser.Tests;

/// <summary>npm's <c>eventsource</c> in a node process of its own.</summary>
internal sealed class NodeReader : IEventReader
{
    private readonly Process _process;

    private NodeReader(Process process) => _process = process;

    /// <summary>Starts it; the test is ignored if there is no node or no npm registry.</summary>
    public static async Task<NodeReader> StartAsync(Uri url)
    {
        await NodePackages.RequireAsync();
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add(Path.Combine(NodePackages.Folder, "read.mjs"));
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
}
