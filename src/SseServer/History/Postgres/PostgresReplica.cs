using System.Diagnostics;
using Npgsql;

namespace SseServer.History.Postgres;

/// <summary>
/// A standby from which new events are read, and how old what it has is: the primary's position in the write-ahead log is noted several
/// times a second, and the standby has everything of that moment once it has replayed so far. For the tail's thread.
/// </summary>
internal sealed class PostgresReplica(PostgresSession session) : IDisposable
{
    private static readonly TimeSpan NoteInterval = TimeSpan.FromMilliseconds(250);

    // Positions that the standby has yet to replay. Beyond so many the age is a little too high, until it catches up.
    private const int MaxNotes = 1000;

    private readonly Queue<(long Position, long Time)> _notes = new();
    private long _notedAt;
    private long _replayedTo = Stopwatch.GetTimestamp();
    private int _notedBy = -1;
    private int _checkedBy = -1;

    public PostgresSession Session => session;

    /// <summary>Checks once a connection that the standby has the same history as the primary.</summary>
    /// <exception cref="StoreException">It has not.</exception>
    public void Check(NpgsqlConnection connection, long origin)
    {
        if (_checkedBy == session.Generation) return;
        if (PostgresTopics.ReadSettings(session, connection).Origin != origin)
        {
            throw new StoreException(
                StoreFailure.Unavailable, "History:TailUrl has another history than History:Url; name a standby of it.");
        }

        _checkedBy = session.Generation;
    }

    /// <summary>Notes the primary's position, if it is time; so a lost connection to the primary is noticed, too.</summary>
    public void NotePrimary(PostgresSession primary, NpgsqlConnection connection)
    {
        // Another primary may be behind the one before it.
        if (_notedBy != primary.Generation) _notes.Clear();
        _notedBy = primary.Generation;
        var now = Stopwatch.GetTimestamp();
        if (_notes.Count >= MaxNotes || Stopwatch.GetElapsedTime(_notedAt, now) < NoteInterval) return;
        // The position of what is written, but not yet flushed: a commit may be visible before it is flushed.
        _notes.Enqueue((primary.Read<long>(connection, "select (pg_current_wal_insert_lsn() - '0/0')::bigint"), now));
        _notedAt = now;
    }

    /// <summary>How old what a query that follows sees may be.</summary>
    public TimeSpan ReadAge(NpgsqlConnection connection)
    {
        // What was a standby may have become the primary.
        var replayed = session.Read<long>(connection,
            "select case when pg_is_in_recovery() then (pg_last_wal_replay_lsn() - '0/0')::bigint else 9223372036854775807 end");
        while (_notes.TryPeek(out var note) && note.Position <= replayed)
        {
            _replayedTo = note.Time;
            _notes.Dequeue();
        }

        return Stopwatch.GetElapsedTime(_replayedTo);
    }

    public void Dispose() => session.Dispose();
}
