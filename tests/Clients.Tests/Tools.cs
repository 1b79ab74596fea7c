using System.ComponentModel;
using System.Diagnostics;

namespace SseServer.Clients.Tests;

/// <summary>
/// What the client programs need: npm's packages, a compiled Go program, Python's modules. They are installed beside the test's assembly.
/// </summary>
internal sealed class Tools
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly HashSet<string> _modules = [];

    /// <summary>The folder of the client programs.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "clients");

    public static string DotNet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    // Debian's modules are those of Debian's Python, which need not be the first in the path.
    public static string Python { get; } = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

    /// <summary>Why programs that need node cannot be run; null if they can.</summary>
    public string? Node { get; private set; }

    /// <summary>The compiled Go program; null without a compiler.</summary>
    public string? Go { get; private set; }

    public bool HasPython(string module) => _modules.Contains(module);

    public static async Task<Tools> InstallAsync()
    {
        var tools = new Tools();
        await Task.WhenAll(
            tools.InstallNodeAsync(), tools.BuildGoAsync(), tools.FindModuleAsync("requests"), tools.FindModuleAsync("httpx"));
        return tools;
    }

    /// <summary>A program's path; null if this machine has none.</summary>
    public static string? Find(params string[] names)
        => (from name in names
            from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin")
            let path = Path.Combine(folder, name)
            where File.Exists(path)
            select path).FirstOrDefault();

    private async Task InstallNodeAsync()
    {
        if (Directory.Exists(Path.Combine(Folder, "node_modules", "puppeteer-core"))) return;
        if (!await RunAsync(Folder, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"))
            Node = "node 20 or later with the packages of tests/clients/package.json is not installed";
    }

    private async Task BuildGoAsync()
    {
        var program = Path.Combine(Folder, "go", "client");
        if (await RunAsync(Path.Combine(Folder, "go"), "go", "build", "-o", "client", ".")) Go = program;
    }

    private async Task FindModuleAsync(string module)
    {
        if (!await RunAsync(Folder, Python, "-c", $"import {module}")) return;
        lock (_modules) _modules.Add(module);
    }

    private static async Task<bool> RunAsync(string folder, string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync().WaitAsync(Patience);
            if (process.ExitCode != 0) await TestContext.Out.WriteLineAsync($"{program}: {string.Concat(await output)}");
            return process.ExitCode == 0;
        }
        catch (Exception e) when (e is Win32Exception or TimeoutException)
        {
            await TestContext.Out.WriteLineAsync($"{program}: {e.Message}");
            return false;
        }
    }
}
