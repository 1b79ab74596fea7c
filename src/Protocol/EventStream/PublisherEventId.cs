namespace SseServer.Protocol.EventStream;

/// <summary>
/// The id that a publisher gives to its event. It holds no line break and no NUL (a client ignores an <c>id</c> field that
/// holds one, WHATWG HTML 9.2.6), no other control, and no outer space, so that it survives as the value of a
/// <c>Last-Event-ID</c> header. The default value is "none".
/// </summary>
public readonly ref struct PublisherEventId
{
    /// <summary>The longest id, in bytes of UTF-8.</summary>
    public const int MaxBytes = 256;

    private PublisherEventId(ReadOnlySpan<byte> utf8) => Utf8 = utf8;

    /// <summary>The id's UTF-8; empty where there is no id.</summary>
    public ReadOnlySpan<byte> Utf8 { get; }

    /// <summary>Whether there is no id.</summary>
    public bool IsEmpty => Utf8.IsEmpty;

    /// <summary>Takes <paramref name="utf8"/> as an id. The id refers to these bytes; it does not copy them.</summary>
    /// <param name="utf8">1 to <see cref="MaxBytes"/> bytes of valid UTF-8 without controls (C0, DEL, C1) and outer spaces.</param>
    /// <param name="id">The id, or none where the result is false.</param>
    /// <returns>False if the bytes are none or too many, are not UTF-8, hold a control, or begin or end with a space.</returns>
    public static bool TryCreate(ReadOnlySpan<byte> utf8, out PublisherEventId id)
    {
        bool isValid = utf8.Length is > 0 and <= MaxBytes
            && utf8[0] != ' '
            && utf8[^1] != ' '
            && FieldText.IsLine(utf8)
            && !FieldText.HasC1Control(utf8);
        id = isValid ? new PublisherEventId(utf8) : default;
        return isValid;
    }
}
