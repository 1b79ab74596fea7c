using System.Diagnostics;
using System.IO.Compression;
using SseServer.Tests.Support;

namespace SseServer.Browser.Tests;

/// <summary>The client's committed files are what its source builds, and the core is small.</summary>
public sealed class ClientBuildTests
{
    // What docs/client.md promises.
    private const int MaxCoreBytes = 4096;

    private static readonly string Source = Path.Combine(Repository.Root, "src", "Client");

    [Test]
    public void Core_is_at_most_4_KB_gzipped()
    {
        var core = File.ReadAllBytes(Path.Combine(Repository.Root, "src", "SseServer", "Web", "client.js"));
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) gzip.Write(core);
        Assert.That(packed.Length, Is.LessThanOrEqualTo(MaxCoreBytes));
        var text = System.Text.Encoding.UTF8.GetString(core);
        Assert.That(text, Does.Not.Match("""(?:from|import)\s*["']"""), "it imports nothing statically");
    }

    [Test]
    public async Task Committed_files_are_what_the_source_builds()
    {
        if (!Directory.Exists(Path.Combine(Source, "node_modules"))
            && await RunAsync("ci --no-audit --no-fund --ignore-scripts") is not (0, _))
        {
            Assert.Ignore("npm with typescript and esbuild is not to be had on this machine.");
            return;
        }

        var (code, output) = await RunAsync("run --silent check");
        Assert.That(code, Is.Zero, output);
    }

    private static async Task<(int Code, string Output)> RunAsync(string arguments)
    {
        try
        {
            using var npm = Process.Start(new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", arguments)
            {
                WorkingDirectory = Source,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = Task.WhenAll(npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
            await npm.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
            return (npm.ExitCode, string.Join('\n', await output));
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or TimeoutException)
        {
            return (-1, e.Message);
        }
    }
}
