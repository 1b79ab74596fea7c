using System.Globalization;
using System.Net;
using SseServer.History.Postgres;
using SseServer.Tests.Acceptance;
using SseServer.Tests.History.Postgres;

namespace SseServer.Tests.Cluster;

/// <summary>Three servers in processes of their own that share a PostgreSQL with a synchronous standby.</summary>
internal sealed class ClusterUnderTest : IAsyncDisposable
{
    private const int Size = 3;

    private readonly Random _random = new(7);
    private readonly TcpLink[] _toFirst = new TcpLink[Size];
    private readonly TcpLink[] _toSecond = new TcpLink[Size];
    private readonly ServerProcess?[] _nodes = new ServerProcess?[Size];
    private PostgresCluster _first = null!;
    private PostgresCluster _second = null!;
    private bool _isFirstPrimary = true;

    private ClusterUnderTest()
    {
        for (var i = 0; i < Size; i++)
        {
            _toFirst[i] = new(() => _first.Port);
            _toSecond[i] = new(() => _second.Port);
        }
    }

    public PostgresCluster Primary => _isFirstPrimary ? _first : _second;

    /// <summary>The nodes that run.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints
    {
        get
        {
            lock (_nodes) return [.. _nodes.OfType<ServerProcess>().Select(node => node.EndPoint)];
        }
    }

    public static async Task<ClusterUnderTest> StartAsync()
    {
        var cluster = new ClusterUnderTest { _first = await PostgresCluster.StartAsync("max_wal_senders = 5", "wal_level = replica") };
        await cluster._first.ExecuteAsync("create database sse");
        await using (var connection = new Npgsql.NpgsqlConnection(cluster._first.ConnectionString("sse")))
        {
            await connection.OpenAsync();
            await connection.ExecuteAsync(new PostgresSchema("sse").CreationScript());
        }

        cluster._second = await cluster._first.StartStandbyAsync();
        await cluster.StartNodesAsync();
        return cluster;
    }

    /// <summary>A running node, another one each time.</summary>
    public IPEndPoint AnyEndPoint()
    {
        lock (_nodes)
        {
            var running = EndPoints;
            return running.Count == 0 ? new IPEndPoint(IPAddress.Loopback, 1) : running[_random.Next(running.Count)];
        }
    }

    /// <summary>Starts the nodes that do not run.</summary>
    public async Task StartNodesAsync()
    {
        for (var i = 0; i < Size; i++)
        {
            if (_nodes[i] is not null) continue;
            var url = string.Create(
                CultureInfo.InvariantCulture, $"postgres://postgres@127.0.0.1:{_toFirst[i].Port},127.0.0.1:{_toSecond[i].Port}/sse");
            // So little memory that most of the history has to come from the database.
            var node = await ServerProcess.StartAsync(
                $"--History:Url={url}", "--Retention:MaxEvents=1000000", "--Retention:MaxTotalBytes=1MB");
            lock (_nodes) _nodes[i] = node;
        }
    }

    public async Task KillNodeAsync(int index)
    {
        ServerProcess node;
        lock (_nodes)
        {
            node = _nodes[index]!;
            _nodes[index] = null;
        }

        await node.KillAsync();
        node.Dispose();
    }

    public async Task KillNodesAsync()
    {
        for (var i = 0; i < Size; i++) await KillNodeAsync(i);
    }

    public void CutOff(int node)
    {
        _toFirst[node].Cut();
        _toSecond[node].Cut();
    }

    public void Reconnect(int node)
    {
        _toFirst[node].Mend();
        _toSecond[node].Mend();
    }

    /// <summary>Kills the primary, promotes the standby, and gives that one a standby of its own.</summary>
    public async Task FailOverAsync()
    {
        var (dead, heir) = (Primary, _isFirstPrimary ? _second : _first);
        await dead.KillAsync();
        await heir.PromoteAsync();
        _isFirstPrimary = !_isFirstPrimary;
        await dead.DisposeAsync();
        var standby = await heir.StartStandbyAsync();
        if (_isFirstPrimary) _second = standby;
        else _first = standby;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) node?.Dispose();
        foreach (var link in _toFirst.Concat(_toSecond)) link.Dispose();
        if (_second is not null) await _second.DisposeAsync();
        await _first.DisposeAsync();
    }
}
