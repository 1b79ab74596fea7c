using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace SseServer.Bench.Cluster;

/// <summary>What a turn measures: servers that were started for it, in a directory of its own. Disposing of it ends them.</summary>
internal sealed class Processes : IDisposable
{
    private readonly List<Process> _started = [];
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sse-cluster-");

    /// <summary>The URLs of the sse-servers.</summary>
    public List<Uri> Servers { get; } = [];

    /// <summary>The port of PostgreSQL or Redis.</summary>
    public int Port { get; private set; }

    /// <summary>Three servers that share a PostgreSQL, which waits for its disk with each commit.</summary>
    public static async Task<Processes> StartClusterAsync(string server, int servers)
    {
        var processes = new Processes();
        var bin = Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Last() + "/bin";
        var data = Path.Combine(processes._directory.FullName, "data");
        // PostgreSQL does not run as root.
        var user = Environment.UserName == "root" ? "65534" : "";
        string[] asUser = user.Length == 0 ? [] : ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"];
        if (user.Length > 0) Run("chown", user, processes._directory.FullName);
        Run([.. asUser, $"{bin}/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions"]);
        processes.Port = FreePort();
        processes.Start([.. asUser, $"{bin}/postgres", "-D", data, "-p", Text(processes.Port), "-k", processes._directory.FullName]);
        await WaitAsync(processes.Port);
        var url = string.Create(CultureInfo.InvariantCulture, $"postgres://postgres@127.0.0.1:{processes.Port}/postgres");
        await processes.WaitForDatabaseAsync();
        Run(server, "history", "migrate", $"--History:Url={url}");
        for (var i = 0; i < servers; i++) await processes.StartServerAsync(server, $"--History:Url={url}");
        return processes;
    }

    /// <summary>One server with a history in an SQLite file.</summary>
    public static async Task<Processes> StartSqliteAsync(string server)
    {
        var processes = new Processes();
        await processes.StartServerAsync(server, $"--History:Path={Path.Combine(processes._directory.FullName, "history.db")}");
        return processes;
    }

    /// <summary>A Redis that waits for its disk with each write.</summary>
    public static async Task<Processes> StartRedisAsync()
    {
        var processes = new Processes { Port = FreePort() };
        processes.Start("redis-server", "--port", Text(processes.Port), "--dir", processes._directory.FullName, "--appendonly", "yes",
            "--appendfsync", "always", "--save", "");
        await WaitAsync(processes.Port);
        return processes;
    }

    /// <summary>Starts one more sse-server, and returns how long it took until it listened.</summary>
    public async Task<TimeSpan> StartServerAsync(string server, string history)
    {
        var port = FreePort();
        var start = Stopwatch.GetTimestamp();
        Start(server, "--listen", $"127.0.0.1:{Text(port)}", history, "--Logging:Level=Warning");
        await WaitAsync(port);
        Servers.Add(new($"http://127.0.0.1:{Text(port)}"));
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Runs statements in the database.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(
            string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=postgres;Pooling=false;Command Timeout=300"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public void Dispose()
    {
        for (var i = _started.Count - 1; i >= 0; i--)
        {
            // PostgreSQL's children end with their parent.
            _started[i].Kill(entireProcessTree: true);
            _started[i].WaitForExit();
            _started[i].Dispose();
        }

        _directory.Delete(recursive: true);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task WaitAsync(int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (attempt < 2000)
            {
                await Task.Delay(10);
            }
        }
    }

    // It listens before it answers.
    private async Task WaitForDatabaseAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await ExecuteAsync("select 1");
                return;
            }
            catch (NpgsqlException) when (attempt < 500)
            {
                await Task.Delay(20);
            }
        }
    }

    private static void Run(params string[] line)
    {
        using var process = Process.Start(new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{Path.GetFileName(line[0])} failed: {output}");
    }

    private void Start(params string[] line) => _started.Add(Process.Start(new ProcessStartInfo(line[0], line[1..])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = _directory.FullName,
    })!);
}
