using static System.FormattableString;

namespace SseServer.History.Postgres;

/// <summary>
/// What an event may be, as far as it can be set: over HTTP by a server's settings, from SQL by the schema's table <c>settings</c>. Both
/// should be alike, but neither changes the other: of several servers none could say which is right. Immutable.
/// </summary>
/// <param name="MaxEventBytes">The longest data, in bytes of UTF-8.</param>
/// <param name="MinRetryMs">The shortest reconnection time that a publisher can set, in milliseconds.</param>
/// <param name="MaxRetryMs">The longest one.</param>
internal sealed record PublishBounds(int MaxEventBytes, int MinRetryMs, int MaxRetryMs)
{
    /// <summary>What differs from the bounds from SQL, as in <c>Limits:MaxEventBytes is 2000000, max_event_bytes 1048576</c>.</summary>
    public string Compare(PublishBounds fromSql)
    {
        (string Setting, string Column, int Here, int There)[] all =
        [
            ("Limits:MaxEventBytes", "max_event_bytes", MaxEventBytes, fromSql.MaxEventBytes),
            ("Streams:MinRetry in ms", "min_retry_ms", MinRetryMs, fromSql.MinRetryMs),
            ("Streams:MaxRetry in ms", "max_retry_ms", MaxRetryMs, fromSql.MaxRetryMs),
        ];
        return string.Join("; ", all.Where(one => one.Here != one.There)
            .Select(one => Invariant($"{one.Setting} is {one.Here}, {one.Column} {one.There}")));
    }

    /// <summary>The statement that makes these the bounds from SQL.</summary>
    public string UpdateStatement(PostgresSchema schema)
        => schema.Fill(Invariant(
            $"update {{schema}}.settings set max_event_bytes = {MaxEventBytes}, min_retry_ms = {MinRetryMs}, max_retry_ms = {MaxRetryMs}"));
}
