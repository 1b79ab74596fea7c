using System.Diagnostics;
using SseServer.Hosting;

namespace SseServer.Tests.Hosting;

/// <summary>The built program as its users meet it: arguments in, streams and an exit code out.</summary>
internal sealed class ProcessTests
{
    [Test]
    public async Task Wrong_option_ends_with_2_and_one_sentence()
    {
        var (code, output, error) = await RunAsync("--lisen", "127.0.0.1:0");

        Assert.That(code, Is.EqualTo(2));
        Assert.That(output, Is.Empty);
        Assert.That(error.TrimEnd(), Is.EqualTo("--lisen is not an option; did you mean --listen?"));
    }

    [Test]
    public async Task Version_is_the_one_it_was_built_as()
    {
        var (code, output, error) = await RunAsync("--version");

        Assert.That(code, Is.Zero);
        var built = FileVersionInfo.GetVersionInfo(typeof(ServerProgram).Assembly.Location);
        Assert.That(output.TrimEnd(), Is.EqualTo($"sse-server {built.ProductMajorPart}.{built.ProductMinorPart}.{built.ProductBuildPart}"));
        Assert.That(error, Is.Empty);
    }

    [TestCase("TERM")]
    [TestCase("INT")]
    [Platform("Linux,MacOsX")]
    public async Task Signal_stops_a_running_server_with_0(string signal)
    {
        using var server = Start("--listen", "127.0.0.1:0");
        var error = server.StandardError.ReadToEndAsync();
        while (await server.StandardOutput.ReadLineAsync() is { } line && !line.Contains(" started", StringComparison.Ordinal))
        {
            // Lines before it are of no interest.
        }

        using var kill = Process.Start("kill", ["-" + signal, server.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        var rest = await server.StandardOutput.ReadToEndAsync();
        await server.WaitForExitAsync();

        Assert.That(server.ExitCode, Is.Zero, await error);
        Assert.That(rest, Does.Contain("Stopped"));
    }

    // Servers take it for "read your settings again"; what is not done is said.
    [Test]
    [Platform("Linux,MacOsX")]
    public async Task Hang_up_does_not_end_a_server_that_runs_without_a_terminal()
    {
        using var server = Start("--listen", "127.0.0.1:0");
        var error = server.StandardError.ReadToEndAsync();
        await ReadUntilAsync(server, " started");
        Signal(server.Id, "HUP");
        Assert.That(await ReadUntilAsync(server, "SIGHUP"), Does.Contain("ignored"));
        Signal(server.Id, "TERM");
        var rest = await server.StandardOutput.ReadToEndAsync();
        await server.WaitForExitAsync();

        Assert.That(server.ExitCode, Is.Zero, await error);
        Assert.That(rest, Does.Contain("Stopped"));
    }

    // script gives the program a terminal.
    [Test]
    [Platform("Linux")]
    public async Task Hang_up_of_its_terminal_stops_a_server_in_order()
    {
        var history = Path.Combine(Path.GetTempPath(), $"sse-hang-up-{Guid.NewGuid():n}.db");
        var program = Path.Combine(AppContext.BaseDirectory, "sse-server.dll");
        var command = $"'{Dotnet}' '{program}' --listen 127.0.0.1:0 --History:Path '{history}'";
        var start = new ProcessStartInfo("script", ["-qefc", "exec " + command, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var terminal = Process.Start(start)!;
        // Without the colours that the log has at a terminal.
        var line = System.Text.RegularExpressions.Regex.Replace(await ReadUntilAsync(terminal, " started"), "\\x1b\\[[0-9;]*m", "");
        var id = int.Parse(System.Text.RegularExpressions.Regex.Match(line, @"process (\d+)").Groups[1].Value, null);
        using var server = Process.GetProcessById(id);
        // When it ends the terminal closes, and the system sends SIGHUP to the program.
        terminal.Kill();
        await server.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));

        using var next = Start("--listen", "127.0.0.1:0", "--History:Path", history);
        var log = await ReadUntilAsync(next, " started", all: true);
        next.Kill();
        await next.WaitForExitAsync();
        foreach (var file in Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(history) + "*")) File.Delete(file);
        Assert.That(log, Does.Contain("previous shutdown was \"clean\"").Or.Contain("previous shutdown was clean"));
    }

    [Test]
    public async Task History_that_cannot_be_opened_ends_with_1_and_one_sentence()
    {
        var (code, _, error) = await RunAsync("--listen", "127.0.0.1:0", "--History:Path=/nowhere/to/be/found/history.db");

        Assert.That(code, Is.EqualTo(1));
        Assert.That(error.TrimEnd(), Does.Contain("/nowhere/to/be/found").And.Not.Contain("\n").And.Not.Contain("   at "));
    }

    [Test]
    public async Task Https_server_is_found_well_by_a_check()
    {
        var certificate = Support.TestCertificates.WritePem(Support.TestCertificates.Create("localhost"));
        using var server = Start("--listen", "https://127.0.0.1:0", "--Tls:Certificate", certificate);
        try
        {
            var port = "";
            while (port.Length == 0 && await server.StandardOutput.ReadLineAsync() is { } line)
                port = System.Text.RegularExpressions.Regex.Match(line,
                    @"Listening on ""?127\.0\.0\.1:([0-9]+)""? with TLS").Groups[1].Value;

            var (code, output, error) = await RunAsync("--check", $"https://127.0.0.1:{port}");
            Assert.That((code, output.TrimEnd(), error), Is.EqualTo((0, $"https://127.0.0.1:{port}/ answers 200.", "")));
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    [Test]
    public async Task Certificate_that_cannot_be_used_ends_with_2_and_one_sentence()
    {
        var (code, _, error) = await RunAsync("--listen", "https://127.0.0.1:0", "--Tls:Certificate", "/nowhere/a.pem");

        Assert.That(code, Is.EqualTo(2));
        Assert.That(error.TrimEnd(), Is.EqualTo("Tls:Certificate: '/nowhere/a.pem' does not exist; use a file that the server may read."));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var process = Start(args);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    private static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static void Signal(int process, string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, process.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static async Task<string> ReadUntilAsync(Process process, string text, bool all = false)
    {
        var read = "";
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)) is { } line)
        {
            read += line + "\n";
            if (line.Contains(text, StringComparison.Ordinal)) return all ? read : line;
        }

        throw new IOException($"The process ended without '{text}': {read}");
    }

    private static Process Start(params string[] args)
    {
        var start = new ProcessStartInfo(Dotnet, [Path.Combine(AppContext.BaseDirectory, "sse-server.dll"), .. args])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
