using System.Text;
using Microsoft.Extensions.Logging;

namespace SseServer.History.Postgres;

/// <summary>
/// A history in PostgreSQL that several servers share. The work is done by the functions of the schema; this class calls them. Each kind of
/// work has a connection of its own: appending, the tail, trimming, and each reader one.
/// </summary>
internal sealed class PostgresEventStore : ISharedStore
{
    private const int TrimmedPerStep = 1000;

    private readonly PostgresSchema _schema;
    private readonly PostgresConnector _connector;
    private readonly PostgresConnector? _listenConnector;
    private readonly PostgresConnector? _tailConnector;
    private readonly PostgresSession _writing;
    private readonly PostgresSession _trimming;
    private readonly PostgresTail _tail;
    private readonly PostgresNodes _nodes;
    private readonly TimeSpan _endedLinger;
    private int _ownedBy = -1;
    private long _newestTrim;

    /// <param name="options">The database.</param>
    /// <param name="endedLinger">How long an end is known after the last event of its topic is gone.</param>
    public PostgresEventStore(PostgresOptions options, TimeSpan endedLinger)
    {
        _endedLinger = endedLinger;
        _schema = new(options.Schema);
        _connector = new(options, _schema, takesStandbys: false, options.Url);
        _listenConnector = options.ListenUrl is { } url ? new(options, _schema, takesStandbys: false, url) : null;
        _tailConnector = options.TailUrl is { } tail ? new(options, _schema, takesStandbys: true, tail, options.Url) : null;
        _writing = new(_connector, _schema);
        _trimming = new(_connector, _schema);
        _nodes = new(new(_connector, _schema));
        var replica = _tailConnector is null ? null : new PostgresReplica(new(_tailConnector, _schema));
        _tail = new(new(_connector, _schema), new(_listenConnector ?? _connector, _schema), replica);
    }

    public event Action<IReadOnlyList<SharedTrim>>? TrimsRead;

    public TimeSpan ClockOffset => _tail.ClockOffset;

    /// <summary>Logs how a server's bounds on events differ from those on what is published from SQL. The store is open.</summary>
    public void LogDifference(PublishBounds here, ILogger logger)
    {
        if (here != _tail.Bounds) StoreLog.BoundsDiffer(logger, here.Compare(_tail.Bounds!), here.UpdateStatement(_schema));
    }

    public StoreStart Open() => _tail.Open(out _newestTrim);

    public IReadOnlyList<IdRange>? Attach(long head) => _tail.Attach(head);

    public void Append(SharedCommit commit)
        => _writing.RunDurably(connection => PostgresAppend.Run(_writing, connection, commit, _endedLinger));

    public void Commit(StoreCommit commit) => _writing.RunDurably(connection => PostgresImport.Run(_writing, connection, commit));

    public long Delete(ReadOnlySpan<byte> topic)
    {
        var name = Encoding.UTF8.GetString(topic);
        return _writing.RunDurably(connection => _writing.Read<long>(connection, "select {schema}.delete_topic($1)", name));
    }

    public void FindPublisherId(ReadOnlySpan<byte> publisherId, List<StoredLocation> locations)
    {
        var id = publisherId.ToArray();
        _writing.Run(connection =>
        {
            using var command = _writing.Command(connection, """
                select t.name, p.id, p.digest from {schema}.publisher_ids p join {schema}.topics t on t.id = p.topic
                    where p.publisher_id = $1 order by p.id
                """, id);
            using var reader = command.ExecuteReader();
            while (reader.Read()) locations.Add(new(Encoding.UTF8.GetBytes(reader.GetString(0)), reader.GetInt64(1), reader.GetInt64(2)));
            return true;
        });
    }

    public IStoredEventReader OpenReader()
        => new PostgresEventReader(new(_connector, _schema), () => Volatile.Read(ref _newestTrim), trims => TrimsRead?.Invoke(trims));

    public void EnsureAvailable() => _trimming.Run(connection => _trimming.Read<int>(connection, "select 1 from {schema}.settings"));

    public StoreTrim PlanTrim(ReadOnlySpan<byte> topic, in StoreBounds bounds)
    {
        var (name, limits) = (Encoding.UTF8.GetString(topic), bounds);
        return _trimming.Run(connection =>
        {
            using var command = _trimming.Command(
                connection, "select * from {schema}.plan_trim($1, $2, $3, $4, $5, $6)",
                name, limits.MaxEvents, limits.MaxBytes, limits.FirstId, limits.MaxKeys, limits.LastId);
            using var reader = command.ExecuteReader();
            reader.Read();
            return new StoreTrim(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
        });
    }

    public bool Trim(ReadOnlySpan<byte> topic, in StoreTrim plan, Action<long>? onLoss = null)
    {
        var (name, trim) = (Encoding.UTF8.GetString(topic), plan);
        return _trimming.Run(connection => _trimming.Read<bool>(
            connection, "select {schema}.trim($1, $2, $3, $4)", name, trim.Through, trim.KeysThrough, TrimmedPerStep));
    }

    public bool HasEvents(ReadOnlySpan<byte> topic)
    {
        const string Sql =
            "select exists (select from {schema}.events e where e.topic = (select t.id from {schema}.topics t where t.name = $1))";
        var name = Encoding.UTF8.GetString(topic);
        return _trimming.Run(connection => _trimming.Read<bool>(connection, Sql, name));
    }

    public void RemoveTopic(ReadOnlySpan<byte> topic)
    {
        var name = Encoding.UTF8.GetString(topic);
        _trimming.Run(connection =>
        {
            using var command = _trimming.Command(connection, "select {schema}.remove_topic($1)", name);
            return command.ExecuteNonQuery();
        });
    }

    public bool Maintain() => false;

    public void ReadTail(TailPage page)
    {
        _tail.Read(page);
        if (page.AfterTrim > Volatile.Read(ref _newestTrim)) Volatile.Write(ref _newestTrim, page.AfterTrim);
    }

    public void Wait(TimeSpan limit) => _tail.Wait(limit);

    public ClusterView Beat(ClusterBeat beat) => _nodes.Beat(beat);

    public void Command(string command) => _nodes.Command(command);

    public void StopWaiting() => _tail.StopWaiting();

    public bool TryOwnRetention() => _trimming.Run(connection =>
    {
        if (_ownedBy == _trimming.Generation) return true;
        var isOwned = _trimming.TryLock(connection, _schema.RetentionLock);
        if (isOwned) _ownedBy = _trimming.Generation;
        return isOwned;
    });

    public void Dispose()
    {
        _writing.Dispose();
        _trimming.Dispose();
        _tail.Dispose();
        _nodes.Dispose();
        _connector.Dispose();
        _listenConnector?.Dispose();
        _tailConnector?.Dispose();
    }
}
