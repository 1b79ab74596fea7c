using System.Buffers.Text;
using SseServer.Delivery;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>
/// The <c>since=</c> of a subscription: <c>all</c>, <c>latest</c>, an RFC 3339 time, an age such as <c>10m</c>, a number of last events
/// such as <c>-50</c>, or an event id, the server's or a publisher's.
/// </summary>
internal static class SinceParameter
{
    /// <summary>The most last events that can be asked for. Finding them takes work before the first byte; an age does not.</summary>
    public const int MaxLast = 1000;

    /// <summary>What is wrong with a value of another form.</summary>
    public const string Forms = "since= must be all, latest, a time such as 2026-01-31T12:00:00Z, "
        + "an age such as 90s, 10m, 6h or 2d, a number of last events such as -50 (-1 to -1000), or an event id.";

    public static bool TryParse(ReadOnlySpan<byte> value, DateTimeOffset now, out ResumePoint start)
    {
        if (value.SequenceEqual("all"u8)) start = ResumePoint.Oldest;
        else if (value.SequenceEqual("latest"u8)) start = ResumePoint.Latest;
        else if (EventId.HasServerForm(value)) start = ResumePoint.After(value);
        else if (DurationParameter.TryParse(value, out var back)) start = ResumePoint.At(now - back);
        else if (TryParseLast(value, out var count)) start = ResumePoint.Last(count);
        else if (Rfc3339Time.TryParse(value, out var time)) start = ResumePoint.At(time);
        else if (!LooksLikeAnotherForm(value) && PublisherEventId.TryCreate(value, out _)) start = ResumePoint.After(value);
        else return Refuse(out start);
        return true;
    }

    private static bool Refuse(out ResumePoint start)
    {
        start = default;
        return false;
    }

    // last = "-" 1*4DIGIT, from 1 on, without leading zeros
    private static bool TryParseLast(ReadOnlySpan<byte> value, out int count)
    {
        count = 0;
        if (value.Length is < 2 or > 5 || value[0] != '-' || value[1] is < (byte)'1' or > (byte)'9') return false;
        return Utf8Parser.TryParse(value[1..], out count, out var used) && used == value.Length - 1 && count <= MaxLast;
    }

    // A slip in one of the other forms is more likely than a publisher's id that looks like one, and would be an unknown id: a gap, and all
    // that is retained. Such ids can be given as lastEventId=.
    private static bool LooksLikeAnotherForm(ReadOnlySpan<byte> value)
    {
        if (HttpTokens.EqualsIgnoreCase(value, "all"u8) || HttpTokens.EqualsIgnoreCase(value, "latest"u8)) return true;
        // A date, with a time or without.
        if (value.Length >= 10 && value[4] == '-' && value[7] == '-' && CountDigits(value) == 4
            && (value.Length == 10 || value[10] is (byte)'T' or (byte)'t' or (byte)' ')) return true;
        // A number with a sign, or an age in another unit.
        var isSigned = value is [(byte)'-' or (byte)'+', ..];
        if (isSigned) value = value[1..];
        var digits = CountDigits(value);
        var unit = value[digits..];
        return digits > 0 && (isSigned || !unit.IsEmpty) && unit.Length <= 2 && !unit.ContainsAnyExceptInRange((byte)'A', (byte)'z');
    }

    private static int CountDigits(ReadOnlySpan<byte> value)
    {
        var end = value.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return end < 0 ? value.Length : end;
    }
}
