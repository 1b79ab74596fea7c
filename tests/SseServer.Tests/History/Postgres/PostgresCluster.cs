using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SseServer.Tests.Support;

namespace SseServer.Tests.History.Postgres;

/// <summary>
/// A PostgreSQL server of the tests' own: made by initdb in a temporary directory, as an unprivileged user, on a free port of 127.0.0.1. A
/// shell waits for the end of the test process, however that comes, then stops the server and deletes the directory.
/// </summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    /// <summary>The superuser. No password is asked for.</summary>
    public const string Superuser = "postgres";

    // A port that was free may be taken before the server binds it; and the processes of a killed server may take a moment to end.
    private const int Attempts = 20;

    // PostgreSQL does not run as root: it then runs as nobody, which has this number everywhere.
    private const string Guard = """
        trap '' INT TERM HUP
        user=$1 directory=$2 bin=$3 primary=$4
        as() { if [ -n "$user" ]; then setpriv --reuid "$user" --regid "$user" --clear-groups "$@"; else "$@"; fi; }
        [ -z "$user" ] || chown "$user" "$directory"
        make() {
            if [ -n "$primary" ]; then
                as "$bin/pg_basebackup" -h 127.0.0.1 -p "$primary" -U postgres -D "$directory/data" -R -X stream -c fast --no-sync
            else
                as "$bin/initdb" -D "$directory/data" -U postgres -A trust -E UTF8 --locale=C --no-sync --no-instructions
            fi
        }
        make && echo ready && cat
        as "$bin/pg_ctl" -D "$directory/data" -m immediate stop
        rm -rf "$directory"
        """;

    private static readonly Lazy<Task<PostgresCluster>> SharedCluster = new(() => StartAsync());
    private static readonly string? Programs = FindPrograms();
    private static readonly string User = Environment.UserName == "root" ? "65534" : "";

    private readonly string _directory = Directory.CreateTempSubdirectory("sse-postgres-").FullName;
    private readonly Process _guard;
    private int _databases;

    private PostgresCluster(PostgresCluster? primary = null)
        => _guard = Process.Start(new ProcessStartInfo("sh", ["-c", Guard, "sh", User, _directory, Programs!, PortOf(primary)])
        {
            WorkingDirectory = _directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    /// <summary>The port that it listens on, also after a restart.</summary>
    public int Port { get; private set; }

    /// <summary>Its data directory.</summary>
    public string Data => Path.Combine(_directory, "data");

    /// <summary>
    /// The cluster that all tests share, without fsync; a test that does more than use it needs its own. Ignores the test if PostgreSQL is
    /// missing.
    /// </summary>
    public static Task<PostgresCluster> SharedAsync()
    {
        IgnoreIfMissing();
        return SharedCluster.Value;
    }

    /// <summary>Starts a cluster. Ignores the test if PostgreSQL is missing.</summary>
    /// <param name="settings">Lines of postgresql.conf, as in <c>fsync = on</c>.</param>
    public static async Task<PostgresCluster> StartAsync(params string[] settings)
    {
        IgnoreIfMissing();
        var cluster = new PostgresCluster();
        try
        {
            await cluster.InitializeAsync(settings);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Starts a standby of this server. For a synchronous one this server waits with each commit from now on: none is answered before the
    /// standby has it.
    /// </summary>
    public async Task<PostgresCluster> StartStandbyAsync(bool isSynchronous = true)
    {
        var standby = new PostgresCluster(this);
        try
        {
            await standby.InitializeAsync([]);
            if (!isSynchronous) return standby;
            await ExecuteAsync("alter system set synchronous_standby_names = '*'");
            await ExecuteAsync("select pg_reload_conf()");
            return standby;
        }
        catch
        {
            await standby.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a standby the primary; it waits for no standby of its own.</summary>
    public async Task PromoteAsync()
    {
        var (exitCode, output) = await RunAsync("pg_ctl", "-D", Data, "-w", "promote");
        Assert.That(exitCode, Is.Zero, output);
        await WaitForNoStandbyAsync();
    }

    /// <summary>From now on commits wait for no standby.</summary>
    public async Task WaitForNoStandbyAsync()
    {
        await ExecuteAsync("alter system reset synchronous_standby_names");
        await ExecuteAsync("select pg_reload_conf()");
    }

    /// <summary>Sends a signal to all processes of the server, as in STOP and CONT.</summary>
    public async Task SignalAsync(string signal)
    {
        var first = (await ReadProcessIdAsync()).ToString(CultureInfo.InvariantCulture);
        var list = await File.ReadAllTextAsync($"/proc/{first}/task/{first}/children");
        var children = list.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        using var kill = Process.Start("kill", [$"-{signal}", first, .. children]);
        await kill.WaitForExitAsync();
    }

    /// <summary>What Npgsql connects with, as the superuser. Connections are not pooled, so each has a session of its own.</summary>
    public string ConnectionString(string database)
        => string.Create(
            CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username={Superuser};Database={database};Pooling=false");

    /// <summary>The same as a setting of sse-server.</summary>
    public string Url(string database, string user = Superuser)
        => string.Create(CultureInfo.InvariantCulture, $"postgres://{user}@127.0.0.1:{Port}/{database}");

    /// <summary>Creates an empty database for one test.</summary>
    public async Task<PostgresDatabase> CreateDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _databases)}");
        await ExecuteAsync($"create database {name} template template0");
        return new(this, name);
    }

    /// <summary>Runs a statement in the database that always exists.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Starts it again at its port.</summary>
    public Task RestartAsync() => StartServerAsync(() => Port);

    /// <summary>Stops it as an operator does: transactions are rolled back, and clients are disconnected.</summary>
    public async Task StopAsync()
    {
        var (exitCode, output) = await RunAsync("pg_ctl", "-D", Data, "-m", "fast", "stop");
        Assert.That(exitCode, Is.Zero, output);
    }

    /// <summary>Kills it as a crash does, with all its processes.</summary>
    public async Task KillAsync()
    {
        var process = (await ReadProcessIdAsync()).ToString(CultureInfo.InvariantCulture);
        var (exitCode, output) = await RunAsync("pg_ctl", "kill", "KILL", process);
        Assert.That(exitCode, Is.Zero, output);
        // The other processes end as soon as they notice; until then the socket may still take connections.
        await Eventually.HoldsAsync(() => !LoopbackPort.IsListening(Port), "the server's port is closed");
    }

    /// <summary>The id of the server's first process, the parent of the others.</summary>
    public async Task<int> ReadProcessIdAsync()
        => int.Parse((await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0], CultureInfo.InvariantCulture);

    /// <summary>Runs one of PostgreSQL's programs as the server's user.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        string[] line = [Path.Combine(Programs!, program), .. arguments];
        if (User.Length > 0) line = ["setpriv", "--reuid", User, "--regid", User, "--clear-groups", .. line];
        using var process = Process.Start(new ProcessStartInfo(line[0], line[1..])
        {
            WorkingDirectory = _directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync() + await error;
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }

    public async ValueTask DisposeAsync()
    {
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
    }

    private static string PortOf(PostgresCluster? primary) => primary is null ? "" : primary.Port.ToString(CultureInfo.InvariantCulture);

    private static void IgnoreIfMissing()
    {
        if (Programs is null) Assert.Ignore("PostgreSQL is not installed on this machine; Debian's package is postgresql.");
    }

    // Debian's programs are not in the path. Of several versions the newest is used.
    private static string? FindPrograms()
    {
        const string Debian = "/usr/lib/postgresql";
        if (OperatingSystem.IsWindows()) return null;
        var versions = Directory.Exists(Debian) ? Directory.GetDirectories(Debian) : [];
        var folders = versions.OrderByDescending(path => int.TryParse(Path.GetFileName(path), out var version) ? version : 0)
            .Select(path => Path.Combine(path, "bin"))
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator));
        return folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")));
    }

    private async Task InitializeAsync(string[] settings)
    {
        var output = new List<string?>();
        while (output is not [.., "ready"])
        {
            output.Add(await _guard.StandardOutput.ReadLineAsync());
            if (output[^1] is null) Assert.Fail("initdb failed: " + await _guard.StandardError.ReadToEndAsync());
        }

        await File.AppendAllLinesAsync(
            Path.Combine(Data, "postgresql.conf"),
            [
                "listen_addresses = '127.0.0.1'", $"unix_socket_directories = '{_directory}'", "max_connections = 200",
                "fsync = off", "full_page_writes = off", .. settings,
            ]);
        await StartServerAsync(LoopbackPort.TakeFree);
    }

    private async Task StartServerAsync(Func<int> findPort)
    {
        var log = Path.Combine(_directory, "log");
        for (var attempt = 1; ; attempt++)
        {
            Port = findPort();
            var options = string.Create(CultureInfo.InvariantCulture, $"-p {Port}");
            var (exitCode, problem) = await RunAsync("pg_ctl", "-D", Data, "-l", log, "-o", options, "-w", "start");
            if (exitCode == 0) return;
            if (attempt == Attempts) Assert.Fail($"{problem}{await File.ReadAllTextAsync(log)}");
        }
    }
}
