using System.Globalization;
using System.Text;
using SseServer.Delivery;
using SseServer.Protocol.EventStream;

namespace SseServer.Endpoints;

/// <summary>
/// The <c>since=</c> of a subscription: <c>all</c>, <c>latest</c>, an RFC 3339 time, an age such as <c>10m</c>, or an event id of the
/// server.
/// </summary>
internal static class SinceParameter
{
    public const string Forms = "since= must be all, latest, a time such as 2026-01-31T12:00:00Z, "
        + "an age such as 90s, 10m, 6h or 2d, or an event id.";

    private static readonly string[] Rfc3339 =
    [
        "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd't'HH:mm:ssK", "yyyy-MM-dd't'HH:mm:ss.FFFFFFFK",
    ];

    public static bool TryParse(ReadOnlySpan<byte> value, DateTimeOffset now, out ResumePoint start)
    {
        start = default;
        if (value.SequenceEqual("all"u8))
        {
            start = ResumePoint.Oldest;
            return true;
        }

        if (value.SequenceEqual("latest"u8))
        {
            start = ResumePoint.Latest;
            return true;
        }

        if (EventId.HasServerForm(value))
        {
            start = ResumePoint.After(value);
            return true;
        }

        if (DurationParameter.TryParse(value, out var back))
        {
            start = ResumePoint.At(now - back);
            return true;
        }

        // A '+' in the offset that was not percent-encoded has become a space.
        var text = Encoding.UTF8.GetString(value).Replace(' ', '+');
        var hasOffset = text.EndsWith('Z') || text.EndsWith('z') || (text.Length > 6 && text[^6] is '+' or '-');
        text = text.Replace('z', 'Z');
        if (!hasOffset || !DateTimeOffset.TryParseExact(text, Rfc3339, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
            return false;
        start = ResumePoint.At(time);
        return true;
    }
}
