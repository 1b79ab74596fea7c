using System.Text;
using Npgsql;

namespace SseServer.History.Postgres;

/// <summary>
/// What follows the last id that this server has. Reading and waiting for notifications have a connection each, so that a pooler may stand
/// before the first. For the tail's thread, except <see cref="StopWaiting"/>.
/// </summary>
/// <param name="primary">To the server that accepts writes.</param>
/// <param name="listening">The same, without a pooler.</param>
/// <param name="replica">What new events are read from; null to read them from the primary.</param>
internal sealed class PostgresTail(PostgresSession primary, PostgresSession listening, PostgresReplica? replica) : IDisposable
{
    // Bounds what one call reads and one page holds.
    private const int MaxEvents = 2000;

    private readonly ManualResetEventSlim _stopped = new(false);
    private int _attachedBy = -1;
    private int _listenedBy = -1;
    private long _origin;
    private long _offsetTicks;

    /// <summary>How far the database's clock is ahead of this machine's.</summary>
    public TimeSpan ClockOffset => new(Volatile.Read(ref _offsetTicks));

    /// <summary>The bounds on what is published from SQL, as they were when the store was opened.</summary>
    public PublishBounds? Bounds { get; private set; }

    /// <inheritdoc cref="ISharedStore.Open"/>
    public StoreStart Open(out long newestTrim)
    {
        CheckVersion();
        var lives = Attach(0)!;
        var first = lives[^1].First;
        var (start, trim) = primary.Run(connection =>
        {
            var topics = PostgresTopics.Read(primary, connection, first, out var newest);
            var (origin, floor) = PostgresTopics.ReadSettings(primary, connection);
            Bounds = PostgresTopics.ReadBounds(primary, connection);
            var last = topics.Count == 0 ? 0 : topics.Max(topic => topic.LastId);
            return (new StoreStart(origin, first - 1, last, floor, 0, WasClean: true, topics) { Lives = lives }, newest);
        });
        (newestTrim, _origin) = (trim, start.Origin);
        replica?.Session.Run(connection =>
        {
            replica.Check(connection, _origin);
            return true;
        });
        return start;
    }

    /// <inheritdoc cref="ISharedStore.Attach"/>
    public IReadOnlyList<IdRange>? Attach(long head) => primary.Run(connection =>
    {
        replica?.NotePrimary(primary, connection);
        if (_attachedBy == primary.Generation) return null;
        using var command = primary.Command(connection, "select * from {schema}.attach($1)", head);
        var lives = new List<IdRange>();
        using (var reader = command.ExecuteReader())
            while (reader.Read()) lives.Add(new(reader.GetInt64(0), reader.IsDBNull(1) ? reader.GetInt64(0) : reader.GetInt64(1)));
        ReadClock(connection);
        _attachedBy = primary.Generation;
        return lives;
    });

    /// <inheritdoc cref="ISharedStore.ReadTail"/>
    public void Read(TailPage page)
    {
        page.Clear();
        var reading = replica?.Session ?? primary;
        reading.Run(connection =>
        {
            // The ranges of ids are read again first, on a connection that was lost.
            if (_attachedBy != primary.Generation) throw new NpgsqlException("The connection was lost.");
            replica?.Check(connection, _origin);
            page.Age = replica?.ReadAge(connection) ?? TimeSpan.Zero;
            using var command = reading.Command(
                connection, "select * from {schema}.tail($1, $2, $3)", page.After, page.AfterTrim, MaxEvents);
            using var reader = command.ExecuteReader();
            Fill(reader, page);
            return true;
        });
    }

    /// <inheritdoc cref="ISharedStore.Wait"/>
    public void Wait(TimeSpan limit)
    {
        if (_stopped.IsSet) return;
        if (replica is not null)
        {
            // A notification would come before what it tells of.
            _stopped.Wait(limit);
            return;
        }

        try
        {
            listening.Run(connection =>
            {
                if (_listenedBy != listening.Generation)
                {
                    using var command = listening.Command(connection, $"listen {listening.Schema.Quoted}");
                    command.ExecuteNonQuery();
                    _listenedBy = listening.Generation;
                    // What was appended before this is not notified.
                    return true;
                }

                return connection.Wait((int)limit.TotalMilliseconds);
            });
        }
        catch (StoreException)
        {
            // Polling goes on without notifications.
            _stopped.Wait(limit);
        }
    }

    /// <inheritdoc cref="ISharedStore.StopWaiting"/>
    public void StopWaiting() => _stopped.Set();

    public void Dispose()
    {
        primary.Dispose();
        replica?.Dispose();
        listening.Dispose();
        _stopped.Dispose();
    }

    private void CheckVersion() => primary.Run(connection =>
    {
        if (PostgresMigration.FindProblem(primary, connection) is { } problem) throw new StoreException(StoreFailure.Corrupt, problem);
        return true;
    });

    private void ReadClock(NpgsqlConnection connection)
    {
        var before = DateTimeOffset.UtcNow;
        var microseconds = primary.Read<long>(connection, "select (extract(epoch from {schema}.clock()) * 1000000)::bigint");
        var middle = before + (DateTimeOffset.UtcNow - before) / 2;
        Volatile.Write(ref _offsetTicks, (DateTimeOffset.UnixEpoch.AddTicks(microseconds * 10) - middle).Ticks);
    }

    private static void Fill(NpgsqlDataReader reader, TailPage page)
    {
        var deletions = new List<TailEntry>();
        var events = 0;
        while (reader.Read())
        {
            switch (reader.GetInt32(0))
            {
                case 1:
                    page.AfterTrim = reader.GetInt64(1);
                    page.Trims.Add(new(Name(reader), new(reader.GetInt64(8), reader.GetInt64(9), reader.GetInt64(10))));
                    break;
                case 2:
                    deletions.Add(new() { Id = reader.GetInt64(1), Topic = Name(reader) });
                    break;
                case 3:
                    page.HasOutbox = true;
                    break;
                default:
                    events++;
                    page.Entries.Add(new()
                    {
                        Id = reader.GetInt64(1),
                        Topic = Name(reader),
                        IsFinal = reader.GetBoolean(3),
                        PublisherIdLength = reader.GetInt16(4),
                        Digest = reader.IsDBNull(5) ? 0 : reader.GetInt64(5),
                        Key = reader.IsDBNull(6) ? null : reader.GetFieldValue<byte[]>(6),
                        Block = reader.GetFieldValue<byte[]>(7),
                    });
                    break;
            }
        }

        page.HasMore = events == MaxEvents;
        var last = page.HasMore ? page.Entries[^1].Id : long.MaxValue;
        page.Entries.AddRange(deletions.Where(deletion => deletion.Id < last));
        page.Entries.Sort((a, b) => a.Id.CompareTo(b.Id));
        // A deletion takes the next id, too.
        if (page.Entries.Count > 0) page.After = page.Entries[^1] is { Block: null, Id: var id } ? id + 1 : page.Entries[^1].Id;
    }

    private static byte[] Name(NpgsqlDataReader reader) => Encoding.UTF8.GetBytes(reader.GetString(2));
}
