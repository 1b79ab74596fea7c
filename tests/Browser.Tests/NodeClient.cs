using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SseServer.Tests.Support;

namespace SseServer.Browser.Tests;

/// <summary>The server's own client in a process of node, Deno or Bun.</summary>
internal sealed class NodeClient : IAsyncDisposable
{
    private readonly Process _process;

    private NodeClient(Process process) => _process = process;

    /// <summary>Whether the process has ended.</summary>
    public Task Exit => _process.WaitForExitAsync().Soon();

    /// <summary>Starts it; the test is ignored if the runtime is missing.</summary>
    /// <param name="runtime"><c>node</c>, <c>deno</c> or <c>bun</c>; the latter two are packages of npm.</param>
    /// <param name="url">What it subscribes to.</param>
    public static async Task<NodeClient> StartAsync(string runtime, Uri url)
    {
        if (runtime != "node") await NodePackages.RequireAsync();
        var start = new ProcessStartInfo(PathOf(runtime))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        string[] options = runtime switch { "node" => ["--no-warnings"], "deno" => ["run", "--allow-all", "--quiet"], _ => [] };
        foreach (var option in options) start.ArgumentList.Add(option);
        start.ArgumentList.Add(Path.Combine(TestContext.CurrentContext.TestDirectory, "node", "client.mjs"));
        start.ArgumentList.Add(Path.Combine(TestContext.CurrentContext.TestDirectory, "client", "client.mjs"));
        start.ArgumentList.Add(url.AbsoluteUri);
        try
        {
            return new NodeClient(Process.Start(start)!);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Ignore($"{runtime} is not installed on this machine.");
            throw new UnreachableException();
        }
    }

    // The scripts that put Bun's program in its place are not run.
    private static string PathOf(string runtime) => runtime switch
    {
        "node" => runtime,
        "bun" => Directory.EnumerateFiles(NodePackages.PathOf("@oven"), "bun", SearchOption.AllDirectories).FirstOrDefault(runtime),
        _ => NodePackages.PathOf(".bin", runtime),
    };

    public async Task<SeenEvent> NextAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync().Soon() ?? throw new IOException("The process ended.");
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
