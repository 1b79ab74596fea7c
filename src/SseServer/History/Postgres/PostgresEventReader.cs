using System.Text;
using Npgsql;
using SseServer.Protocol.EventStream;

namespace SseServer.History.Postgres;

/// <summary>
/// Reads pages. One call of the database reads a page and the marks of its topics in one snapshot, so a page never lacks an event without a
/// mark that says so.
/// </summary>
/// <param name="session">Of its own.</param>
/// <param name="newestTrim">The number of the newest mark that the server knows.</param>
/// <param name="onTrims">Takes newer marks, before the page is used.</param>
internal sealed class PostgresEventReader(
    PostgresSession session, Func<long> newestTrim, Action<IReadOnlyList<SharedTrim>> onTrims) : IStoredEventReader
{
    // A page of 64 KB has some hundreds of usual events.
    private const int MaxEvents = 512;

    private readonly List<SharedTrim> _trims = [];

    public void Read(StoredSelection selection, long after, long through, StoredPage page)
    {
        page.Clear();
        _trims.Clear();
        session.Run(connection =>
        {
            using var command = session.Command(
                connection, "select * from {schema}.page($1, $2, $3, $4, $5, $6, $7)",
                selection.Topics.Select(Encoding.UTF8.GetString).ToArray(),
                selection.Patterns.Select(pattern => RegexOf(pattern.Utf8)).ToArray(),
                after, through, newestTrim(), selection.LatestOnly, MaxEvents);
            using var reader = command.ExecuteReader();
            Fill(reader, selection, page);
            return true;
        });
        if (_trims.Count > 0) onTrims(_trims);
    }

    public void Dispose() => session.Dispose();

    /// <summary>A pattern as a regular expression of PostgreSQL, over whole names.</summary>
    internal static string RegexOf(ReadOnlySpan<byte> pattern)
    {
        var segments = Encoding.UTF8.GetString(pattern).Split('/');
        // A wildcard in the first segment does not match the server's own topics.
        var regex = new StringBuilder(segments[0].StartsWith('*') ? "^(?!\\$)" : "^");
        for (var i = 0; i < segments.Length; i++)
        {
            if (i > 0) regex.Append('/');
            if (segments[i] == "**") regex.Append(".+");
            else if (segments[i] == "*") regex.Append("[^/]+");
            else AppendLiteral(regex, segments[i]);
        }

        return regex.Append('$').ToString();
    }

    // A backslash before any other ASCII character than a letter or a digit stands for that character (PostgreSQL 15, 9.7.3.3).
    private static void AppendLiteral(StringBuilder regex, string text)
    {
        foreach (var c in text)
        {
            if (char.IsAscii(c) && !char.IsAsciiLetterOrDigit(c)) regex.Append('\\');
            regex.Append(c);
        }
    }

    private void Fill(NpgsqlDataReader reader, StoredSelection selection, StoredPage page)
    {
        var rows = 0;
        var isFull = false;
        while (reader.Read())
        {
            if (reader.GetInt32(0) == 1)
            {
                var marks = new StoreTrim(reader.GetInt64(8), reader.GetInt64(9), reader.GetInt64(10));
                _trims.Add(new(Encoding.UTF8.GetBytes(reader.GetString(3)), marks));
                continue;
            }

            rows++;
            if (!isFull) isFull = !TryAdd(reader, selection, page);
        }

        page.IsEnd = !isFull && rows < MaxEvents;
    }

    private static bool TryAdd(NpgsqlDataReader reader, StoredSelection selection, StoredPage page)
    {
        var id = reader.GetInt64(1);
        var block = reader.GetFieldValue<byte[]>(7);
        Span<byte> text = stackalloc byte[EventId.MaxTextLength];
        var idLength = new EventId(id).Format(text);
        var hasPublisherId = reader.GetInt16(5) > 0;
        var frame = new byte[EventFrame.Measure(idLength, block.Length, hasPublisherId)];
        EventFrame.Write(frame, text[..idLength], block, hasPublisherId, out var prefixLength);
        var key = page.HasKeys && !reader.IsDBNull(6) ? reader.GetFieldValue<byte[]>(6) : null;
        if (!page.TryAdd(id, frame, prefixLength, reader.GetInt64(2), key, reader.GetBoolean(4))) return false;
        if (selection.NeedsNames) page.Entries[page.Count - 1].TopicName = Encoding.UTF8.GetBytes(reader.GetString(3));
        return true;
    }
}
