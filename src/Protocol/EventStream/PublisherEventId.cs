namespace SseServer.Protocol.EventStream;

/// <summary>
/// The id that a publisher gives to its event. It contains no line break, no NUL (a client ignores an <c>id</c> field with one, WHATWG HTML
/// 9.2.6) and no other control character, and neither begins nor ends with a space, so it survives as the value of a <c>Last-Event-ID</c>
/// header. The default value is "none".
/// </summary>
public readonly ref struct PublisherEventId
{
    /// <summary>The longest id, in bytes of UTF-8.</summary>
    public const int MaxBytes = 256;

    private PublisherEventId(ReadOnlySpan<byte> utf8) => Utf8 = utf8;

    /// <summary>The id's UTF-8; empty if there is no id.</summary>
    public ReadOnlySpan<byte> Utf8 { get; }

    /// <summary>Whether there is no id.</summary>
    public bool IsEmpty => Utf8.IsEmpty;

    /// <summary>Creates an id from <paramref name="utf8"/>. It refers to these bytes and does not copy them.</summary>
    /// <param name="utf8">1 to <see cref="MaxBytes"/> bytes of valid UTF-8 without control characters (C0, DEL, C1) and without a space at
    /// either end.</param>
    /// <param name="id">The id; none if the result is false.</param>
    /// <returns>False if there are no bytes or too many, or they are not UTF-8, contain a control character, or begin or end with a
    /// space.</returns>
    public static bool TryCreate(ReadOnlySpan<byte> utf8, out PublisherEventId id)
    {
        var isValid = utf8.Length is > 0 and <= MaxBytes
            && utf8[0] != ' '
            && utf8[^1] != ' '
            && FieldText.IsLine(utf8)
            && !FieldText.HasC1Control(utf8);
        id = isValid ? new PublisherEventId(utf8) : default;
        return isValid;
    }
}
