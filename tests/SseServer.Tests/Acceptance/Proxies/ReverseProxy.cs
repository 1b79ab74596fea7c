using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using SseServer.Tests.Support;

namespace SseServer.Tests.Acceptance.Proxies;

/// <summary>
/// A reverse proxy as a child process, with the configuration that README.md recommends: the test reads the block there and puts its own
/// addresses in it. All its files are in a folder of its own.
/// </summary>
internal sealed class ReverseProxy : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly DirectoryInfo _folder;

    private ReverseProxy(Process process, DirectoryInfo folder, int port)
    {
        _process = process;
        _folder = folder;
        Port = port;
    }

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Whether the proxy's program is on this machine. Debian has some in /usr/sbin, which is in few users' path.</summary>
    public static bool IsInstalled(string name) => FindProgram(name) is not null;

    /// <summary>Starts a proxy before a server on 127.0.0.1.</summary>
    /// <param name="name">nginx, haproxy, caddy or apache2.</param>
    /// <param name="serverPort">Where the server listens.</param>
    public static async Task<ReverseProxy> StartAsync(string name, int serverPort)
    {
        var port = int.Parse(ExampleScript.TakeFreePort(), null);
        var folder = Directory.CreateTempSubdirectory("sse-proxy-");
        // Workers may run as another user.
        if (!OperatingSystem.IsWindows())
            folder.UnixFileMode |= UnixFileMode.OtherExecute | UnixFileMode.OtherRead | UnixFileMode.GroupExecute;
        var recipe = Regex.Replace(Recipe(name), @"127\.0\.0\.1:8080\b", $"127.0.0.1:{serverPort}");
        var path = Path.Combine(folder.FullName, "proxy.conf");
        await File.WriteAllTextAsync(path, Complete(name, recipe, folder.FullName, port));
        var start = new ProcessStartInfo(FindProgram(name)!, Arguments(name, path, folder.FullName))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true
        };
        start.Environment["HOME"] = start.Environment["XDG_DATA_HOME"] = start.Environment["XDG_CONFIG_HOME"] = folder.FullName;
        var proxy = new ReverseProxy(Process.Start(start)!, folder, port);
        await proxy.ListensAsync();
        return proxy;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            // Its workers are to end as well, which they do not if it is killed.
            using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            if (!_process.WaitForExit(Patience)) _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string? FindProgram(string name)
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin").Append("/usr/local/sbin")
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static string Recipe(string name)
    {
        var readme = File.ReadAllText(Path.Combine(ExampleScript.Folder, "..", "..", "README.md"));
        // Debian gives Apache's program a number, which the language of the block has not.
        var block = Regex.Match(readme, $"^```{name.TrimEnd('2')}\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline);
        Assert.That(block.Success, $"README.md has no block of {name}");
        return block.Groups[1].Value;
    }

    // What README.md leaves to the system's own configuration, and the addresses that the recipe listens on.
    private static string Complete(string name, string recipe, string folder, int port) => name switch
    {
        "nginx" => $$"""
            daemon off;
            pid {{folder}}/pid;
            error_log {{folder}}/error.log;
            events { worker_connections 2048; }
            http {
                access_log off;
                client_body_temp_path {{folder}}/body;
                proxy_temp_path {{folder}}/proxy;
                fastcgi_temp_path {{folder}}/fastcgi;
                uwsgi_temp_path {{folder}}/uwsgi;
                scgi_temp_path {{folder}}/scgi;
                server {
                    listen 127.0.0.1:{{port}};
            {{recipe}}
                }
            }

            """,
        "haproxy" => Replace(recipe, "bind :80", $"bind 127.0.0.1:{port}"),
        "caddy" => "{\n    admin off\n    auto_https off\n}\n" + Replace(recipe, "events.example {", $"http://127.0.0.1:{port} {{"),
        "apache2" => $"""
            ServerRoot {folder}
            DefaultRuntimeDir {folder}
            PidFile {folder}/pid
            ErrorLog {folder}/error.log
            ServerName localhost
            LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
            LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
            LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
            LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
            {(Environment.IsPrivilegedProcess ? "User nobody\nGroup nogroup" : "")}
            Listen 127.0.0.1:{port}
            {Replace(recipe, "<VirtualHost *:80>", $"<VirtualHost 127.0.0.1:{port}>")}
            """,
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    private static string Replace(string recipe, string there, string here)
    {
        Assert.That(recipe, Does.Contain(there));
        return recipe.Replace(there, here, StringComparison.Ordinal);
    }

    private static string[] Arguments(string name, string path, string folder) => name switch
    {
        "nginx" => ["-p", folder, "-c", path, "-e", Path.Combine(folder, "error.log")],
        "haproxy" => ["-db", "-f", path],
        "caddy" => ["run", "--config", path, "--adapter", "caddyfile"],
        _ => ["-f", path, "-DFOREGROUND"],
    };

    private async Task ListensAsync()
    {
        var output = _process.StandardOutput.ReadToEndAsync();
        var error = _process.StandardError.ReadToEndAsync();
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Patience && !_process.HasExited; await Task.Delay(20))
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync("127.0.0.1", Port);
                return;
            }
            catch (SocketException)
            {
                // Not yet.
            }
        }

        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        Assert.Fail($"The proxy does not listen.\n{await output.Soon()}\n{await error.Soon()}");
    }
}
