namespace SseServer.Protocol.Http;

/// <summary>One line of a header section (RFC 9112 section 5).</summary>
internal static class FieldLine
{
    // field-line = field-name ":" OWS field-value OWS

    /// <summary>Splits a line that starts at <paramref name="start"/> of a head into name and value.</summary>
    public static RequestRejection Parse(ReadOnlySpan<byte> line, int start, out ByteRange name, out ByteRange value)
    {
        name = value = default;
        int colon = line.IndexOf((byte)':');

        // Section 5.2: a server must reject a folded line, or replace the fold; section 2.2: and any indented first line.
        if (line[0] is (byte)' ' or (byte)'\t')
            return RequestRejection.FoldedFieldLine;
        if (colon <= 0)
            return colon < 0 ? RequestRejection.MissingColon : RequestRejection.EmptyFieldName;

        // Section 5.1: a server must reject white space before the colon.
        if (line[colon - 1] is (byte)' ' or (byte)'\t')
            return RequestRejection.SpaceBeforeColon;
        if (!HttpTokens.IsToken(line[..colon]))
            return RequestRejection.InvalidFieldName;
        if (!HttpTokens.IsFieldValue(line[(colon + 1)..]))
            return RequestRejection.ControlInFieldValue;
        name = new ByteRange(start, colon);
        value = Trim(line, start, colon + 1);
        return RequestRejection.None;
    }

    // OWS = *( SP / HTAB ) (RFC 9110 section 5.6.3)

    private static ByteRange Trim(ReadOnlySpan<byte> line, int start, int from)
    {
        int to = line.Length;
        while (from < to && line[from] is (byte)' ' or (byte)'\t')
            from++;
        while (to > from && line[to - 1] is (byte)' ' or (byte)'\t')
            to--;
        return new ByteRange(start + from, to - from);
    }
}
