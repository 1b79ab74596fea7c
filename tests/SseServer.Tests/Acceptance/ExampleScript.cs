using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SseServer.Tests.Support;

namespace SseServer.Tests.Acceptance;

/// <summary>A script of docs/examples, run as its user runs it: by its name, with what its first lines say in the environment.</summary>
internal static class ExampleScript
{
    // What waits for a limit of its own in a script does so for a minute.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    // Below those that Linux gives for port 0 (32768 and above), so that no other test is given one between the look at it and its use.
    private static int _port = Random.Shared.Next(20_000, 30_000);

    public static string Folder { get; } = Path.Combine(Repository.Root, "docs", "examples");

    /// <summary>Runs a script to its end; fails the test if it takes too long or its exit code is not 0.</summary>
    /// <param name="name">The file's name, and its arguments.</param>
    /// <param name="input">What the script reads.</param>
    /// <param name="environment">Names and values, as <c>PAUSE=0</c>.</param>
    /// <returns>What it wrote to its standard output.</returns>
    public static async Task<string> RunAsync(string name, string input = "", params string[] environment)
    {
        var words = name.Split(' ');
        var start = new ProcessStartInfo(Path.Combine(Folder, words[0]), words[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The program in the folder of the tests needs the runtime that they run on.
        start.Environment["DOTNET_ROOT"] =
            Path.GetDirectoryName(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? Environment.ProcessPath);
        start.Environment["SSE_SERVER_PROGRAM"] = Path.Combine(AppContext.BaseDirectory, "sse-server");
        foreach (var pair in environment) start.Environment[pair[..pair.IndexOf('=')]] = pair[(pair.IndexOf('=') + 1)..];

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{name} did not end.\n{await output}\n{await error}");
        }

        Assert.That(process.ExitCode, Is.Zero, $"{name}\n{await output}\n{await error}");
        return await output;
    }

    /// <summary>A free port, different at each call.</summary>
    public static string TakeFreePort()
    {
        while (true)
        {
            var port = Interlocked.Increment(ref _port);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port.ToString(CultureInfo.InvariantCulture);
            }
            catch (SocketException)
            {
                // Somebody's; the next one, then.
            }
        }
    }
}
