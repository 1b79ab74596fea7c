using System.Buffers;
using System.Buffers.Text;

namespace SseServer.Protocol.EventStream;

/// <summary>
/// Writes events as the bytes of an event stream (WHATWG HTML 9.2.5). Lines end with LF, and one space follows each colon. A client strips
/// exactly one, so values that begin with a space survive. Only base64 data has no such space, which marks it. Allocates nothing
/// (EncoderBenchmarks).
/// </summary>
public static class EventStreamEncoder
{
    private const int DataLineOverhead = 7; // "data: " and LF

    /// <summary>The number of bytes that <see cref="Write(Span{byte}, in ServerSentEvent)"/> writes.</summary>
    /// <exception cref="OverflowException">The event would take more than <see cref="int.MaxValue"/> bytes.</exception>
    public static int Measure(in ServerSentEvent e)
    {
        var size = 1;
        if (!e.Id.IsEmpty) size += "id: \n"u8.Length + e.Id.Utf8.Length;
        if (!e.Name.IsDefault) size += "event: \n"u8.Length + e.Name.Utf8.Length;
        if (e.RetryMilliseconds >= 0) size += "retry: \n"u8.Length + CountDigits((uint)e.RetryMilliseconds);
        if (e.IsBase64) return checked(size + "data:\n"u8.Length + e.Data.Length);
        foreach (var line in LineBreaks.EnumerateLines(e.Data))
            size = checked(size + DataLineOverhead + line.Length);
        return size;
    }

    /// <summary>Writes an event: <c>id</c>, <c>event</c>, <c>retry</c>, the <c>data</c> lines, a blank line.</summary>
    /// <exception cref="OverflowException">The event would take more than <see cref="int.MaxValue"/> bytes.</exception>
    public static void Write(IBufferWriter<byte> output, in ServerSentEvent e)
    {
        ArgumentNullException.ThrowIfNull(output);
        var size = Measure(in e);
        output.Advance(Write(output.GetSpan(size), in e));
    }

    // event = [ "id: " id LF ] [ "event: " name LF ] [ "retry: " 1*DIGIT LF ] ( 1*( "data: " line LF ) / "data:" base64 LF ) LF

    /// <summary>Writes an event to <paramref name="destination"/>; returns the number of bytes written.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than <see cref="Measure"/> says.</exception>
    public static int Write(Span<byte> destination, in ServerSentEvent e)
    {
        var at = 0;
        if (!e.Id.IsEmpty) at = WriteLine(destination, at, "id: "u8, e.Id.Utf8);
        if (!e.Name.IsDefault) at = WriteLine(destination, at, "event: "u8, e.Name.Utf8);
        if (e.RetryMilliseconds >= 0) at = WriteRetry(destination, at, e.RetryMilliseconds);
        if (e.IsBase64) return WriteLineFeed(destination, WriteLine(destination, at, "data:"u8, e.Data));
        foreach (var line in LineBreaks.EnumerateLines(e.Data))
            at = WriteLine(destination, at, "data: "u8, line);
        return WriteLineFeed(destination, at);
    }

    private static int WriteLine(Span<byte> destination, int at, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> value)
    {
        prefix.CopyTo(destination[at..]);
        at += prefix.Length;
        value.CopyTo(destination[at..]);
        return WriteLineFeed(destination, at + value.Length);
    }

    private static int WriteRetry(Span<byte> destination, int at, int milliseconds)
    {
        "retry: "u8.CopyTo(destination[at..]);
        at += "retry: "u8.Length;
        if (!Utf8Formatter.TryFormat(milliseconds, destination[at..], out var digits))
            throw new ArgumentException("The destination is shorter than the event.", nameof(destination));
        return WriteLineFeed(destination, at + digits);
    }

    private static int WriteLineFeed(Span<byte> destination, int at)
    {
        "\n"u8.CopyTo(destination[at..]);
        return at + 1;
    }

    private static int CountDigits(uint value)
    {
        var digits = 1;
        for (; value >= 10; value /= 10)
            digits++;
        return digits;
    }
}
