using System.Text;
using Npgsql;
using NpgsqlTypes;
using SseServer.Protocol.EventStream;

namespace SseServer.History.Postgres;

/// <summary>Writes events that have their ids already: those of another history.</summary>
internal static class PostgresImport
{
    public static bool Run(PostgresSession session, NpgsqlConnection connection, StoreCommit commit)
    {
        var count = commit.Count;
        var (topics, ids, digests) = (new string[count], new long[count], new long[count]);
        var (finals, lengths) = (new bool[count], new int[count]);
        var (keys, blocks) = (new byte[]?[count], new byte[count][]);
        Span<byte> text = stackalloc byte[EventId.MaxTextLength];
        for (var i = 0; i < count; i++)
        {
            ref readonly var entry = ref commit.Entries[i];
            topics[i] = Encoding.UTF8.GetString(commit.Topic(entry.Topic).Name);
            (ids[i], finals[i], lengths[i], digests[i]) = (entry.Id, entry.IsFinal, entry.PublisherIdLength, entry.Digest);
            keys[i] = entry.KeyLength > 0 ? commit.Key(entry).ToArray() : null;
            var idLength = new EventId(entry.Id).Format(text);
            blocks[i] = EventFrame.Block(commit.Frame(entry), entry.PrefixLength, idLength, entry.PublisherIdLength > 0).ToArray();
        }

        using var command = session.Command(connection, "select {schema}.import($1, $2, $3, $4, $5, $6, $7, $8)");
        command.Parameters.Add(new() { Value = topics });
        command.Parameters.Add(new() { Value = ids });
        command.Parameters.Add(new() { Value = finals });
        command.Parameters.Add(new() { Value = lengths });
        command.Parameters.Add(new() { Value = digests });
        command.Parameters.Add(new() { Value = keys, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        command.Parameters.Add(new() { Value = blocks });
        command.Parameters.Add(new() { Value = commit.HighWater });
        command.ExecuteNonQuery();
        return true;
    }
}
