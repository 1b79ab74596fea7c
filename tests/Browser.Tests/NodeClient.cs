using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SseServer.Tests.Support;

namespace SseServer.Browser.Tests;

/// <summary>The server's own client in a node process.</summary>
internal sealed class NodeClient : IAsyncDisposable
{
    private readonly Process _process;

    private NodeClient(Process process) => _process = process;

    /// <summary>Whether the process has ended.</summary>
    public Task Exit => _process.WaitForExitAsync().Soon();

    /// <summary>Starts it; the test is ignored if there is no node.</summary>
    public static NodeClient Start(Uri url)
    {
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add("--no-warnings");
        start.ArgumentList.Add(Path.Combine(TestContext.CurrentContext.TestDirectory, "node", "client.mjs"));
        start.ArgumentList.Add(Path.Combine(TestContext.CurrentContext.TestDirectory, "client", "client.mjs"));
        start.ArgumentList.Add(url.AbsoluteUri);
        try
        {
            return new NodeClient(Process.Start(start)!);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Ignore("node 20 or later is not installed on this machine.");
            throw new UnreachableException();
        }
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
        await Exit;
        _process.Dispose();
    }
}
