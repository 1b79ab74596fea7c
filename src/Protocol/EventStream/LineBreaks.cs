namespace SseServer.Protocol.EventStream;

/// <summary>
/// The line breaks of an event stream: LF, CR, and CR LF as one (WHATWG HTML 9.2.5, <c>end-of-line</c>). Text that is written into a stream
/// is split at every one of them, so that none can end a field early.
/// </summary>
public static class LineBreaks
{
    /// <summary>
    /// The lines of <paramref name="text"/>, without their breaks. There is one more line than there are breaks: empty text
    /// is one empty line, and text that ends with a break ends with an empty line.
    /// </summary>
    public static LineEnumerator EnumerateLines(ReadOnlySpan<byte> text) => new(text);
}
