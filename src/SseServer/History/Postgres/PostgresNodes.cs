using System.Text;
using Npgsql;

namespace SseServer.History.Postgres;

/// <summary>
/// This server among those that share the history: its row, its tasks, the commands for all. On a connection of its own, whose end gives
/// the tasks up. For one thread at a time.
/// </summary>
internal sealed class PostgresNodes(PostgresSession session) : IDisposable
{
    private readonly HashSet<string> _owned = [];
    private readonly Dictionary<string, int> _counts = [];
    private int _joinedBy = -1;
    private long _newestCommand = -1;

    /// <inheritdoc cref="ISharedStore.Beat"/>
    public ClusterView Beat(ClusterBeat beat) => session.Run(connection =>
    {
        var isNew = _joinedBy != session.Generation;
        if (isNew) _owned.Clear();
        Remember(beat);
        foreach (var task in beat.WantedTasks)
            if (!_owned.Contains(task) && session.TryLock(connection, session.Schema.TaskLock(task))) _owned.Add(task);
        var (newest, rejected) = Write(connection, beat, isNew);
        if (newest < 0) (newest, rejected) = Write(connection, beat, isNew: true);
        _joinedBy = session.Generation;
        var view = new ClusterView
        {
            Nodes = ReadNodes(connection),
            OwnedTasks = [.. _owned],
            Commands = _newestCommand < 0 || newest == _newestCommand ? [] : ReadCommands(connection),
            Sums = beat.WantsSums ? ReadSums(connection) : null,
            Rejected = rejected,
        };
        _newestCommand = newest;
        return view;
    });

    /// <inheritdoc cref="ISharedStore.Command"/>
    public void Command(string command) => session.Run(connection =>
    {
        using var insert = session.Command(connection, "insert into {schema}.commands (command) values ($1)", command);
        return insert.ExecuteNonQuery();
    });

    public void Dispose() => session.Dispose();

    // After a lost connection all counts are written again: the others may have taken this server for dead.
    private void Remember(ClusterBeat beat)
    {
        foreach (var (topic, subscribers) in beat.Subscribers)
        {
            var name = Encoding.UTF8.GetString(topic);
            if (subscribers == 0) _counts.Remove(name);
            else _counts[name] = subscribers;
        }
    }

    private (long NewestCommand, long Rejected) Write(NpgsqlConnection connection, ClusterBeat beat, bool isNew)
    {
        var topics = isNew ? [.. _counts.Keys] : beat.Subscribers.Select(one => Encoding.UTF8.GetString(one.Topic)).Distinct().ToArray();
        using var command = session.Command(
            connection, "select newest_command, rejected from {schema}.beat($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            beat.Node, beat.Name, beat.Version, beat.Streams, beat.Head, (long)beat.Lag.TotalMilliseconds,
            _owned.Order(StringComparer.Ordinal).ToArray(), topics,
            Array.ConvertAll(topics, topic => _counts.GetValueOrDefault(topic)), isNew);
        using var reader = command.ExecuteReader();
        reader.Read();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private List<ClusterNodeState> ReadNodes(NpgsqlConnection connection)
    {
        using var command = session.Command(
            connection, "select id, name, version, started, seen, streams, head, lag_ms, tasks from {schema}.nodes order by name, id");
        using var reader = command.ExecuteReader();
        var nodes = new List<ClusterNodeState>();
        while (reader.Read())
        {
            nodes.Add(new(
                reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetFieldValue<DateTimeOffset>(4), reader.GetInt32(5), reader.GetInt64(6),
                TimeSpan.FromMilliseconds(reader.GetInt64(7)), reader.GetFieldValue<string[]>(8)));
        }

        return nodes;
    }

    private List<string> ReadCommands(NpgsqlConnection connection)
    {
        using var command = session.Command(
            connection, "select command from {schema}.commands where number > $1 order by number", _newestCommand);
        using var reader = command.ExecuteReader();
        var commands = new List<string>();
        while (reader.Read()) commands.Add(reader.GetString(0));
        return commands;
    }

    private List<(byte[] Topic, int Subscribers)> ReadSums(NpgsqlConnection connection)
    {
        using var command = session.Command(
            connection, "select topic, sum(subscribers)::integer from {schema}.node_subscribers group by topic");
        using var reader = command.ExecuteReader();
        var sums = new List<(byte[], int)>();
        while (reader.Read()) sums.Add((Encoding.UTF8.GetBytes(reader.GetString(0)), reader.GetInt32(1)));
        return sums;
    }
}
