using System.Diagnostics;

namespace SseServer.Browser.Tests;

/// <summary>npm's packages of <c>node/package.json</c>, installed beside the test's assembly, where a second run finds them.</summary>
internal static class NodePackages
{
    private static readonly Lazy<Task<bool>> Installed = new(InstallAsync);

    /// <summary>The folder of the scripts and of <c>node_modules</c>.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "node");

    /// <summary>Installs them; the test is ignored if there is no node or no npm registry.</summary>
    public static async Task RequireAsync()
    {
        if (!await Installed.Value) Assert.Ignore("node 20 or later with npm's packages of node/package.json is not installed here.");
    }

    /// <summary>A file of a package.</summary>
    public static string PathOf(params string[] path) => Path.Combine([Folder, "node_modules", .. path]);

    private static async Task<bool> InstallAsync()
    {
        // npm writes it last. An older one is of other versions.
        var mark = PathOf(".package-lock.json");
        if (File.Exists(mark) && File.GetLastWriteTimeUtc(mark) > File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json")))
            return true;
        try
        {
            var command = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
            using var npm = Process.Start(new ProcessStartInfo(command, "ci --no-audit --no-fund --ignore-scripts")
            {
                WorkingDirectory = Folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = Task.WhenAll(npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
            await npm.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
            await TestContext.Out.WriteLineAsync(string.Join('\n', await output));
            return npm.ExitCode == 0;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or TimeoutException)
        {
            return false;
        }
    }
}
