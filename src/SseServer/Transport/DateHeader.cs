using System.Globalization;

namespace SseServer.Transport;

/// <summary>
/// The value of the Date field (RFC 9110 section 6.6.1) as bytes, formatted once a second. Any thread may read it; if two find it stale,
/// both format it, to the same bytes.
/// </summary>
internal sealed class DateHeader(TimeProvider time)
{
    private Stamp _stamp = new(-1, []);

    /// <summary>IMF-fixdate: <c>Sun, 06 Nov 1994 08:49:37 GMT</c>.</summary>
    public ReadOnlySpan<byte> Value
    {
        get
        {
            var now = time.GetUtcNow();
            var second = now.UtcTicks / TimeSpan.TicksPerSecond;
            var stamp = Volatile.Read(ref _stamp);
            return stamp.Second == second ? stamp.Text : Renew(now, second);
        }
    }

    private byte[] Renew(DateTimeOffset now, long second)
    {
        var text = new byte[29];
        now.TryFormat(text, out _, "R", CultureInfo.InvariantCulture);
        Volatile.Write(ref _stamp, new Stamp(second, text));
        return text;
    }

    private sealed record Stamp(long Second, byte[] Text);
}
