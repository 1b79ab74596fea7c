namespace SseServer.Protocol.EventStream;

/// <summary>
/// The name of an event, the value of its <c>event</c> field. It contains no line break and no other control character, so no name can
/// inject a field into a stream. The default value is the empty name: no <c>event</c> line is written, and clients dispatch <c>message</c>
/// (WHATWG HTML 9.2.6, "dispatch the event").
/// </summary>
public readonly ref struct EventName
{
    /// <summary>The longest name, in bytes of UTF-8.</summary>
    public const int MaxBytes = 256;

    private EventName(ReadOnlySpan<byte> utf8) => Utf8 = utf8;

    /// <summary>The name's UTF-8; empty for the default name.</summary>
    public ReadOnlySpan<byte> Utf8 { get; }

    /// <summary>Whether this is the empty name, which clients know as <c>message</c>.</summary>
    public bool IsDefault => Utf8.IsEmpty;

    /// <summary>Creates a name from <paramref name="utf8"/>. It refers to these bytes and does not copy them.</summary>
    /// <param name="utf8">0 to <see cref="MaxBytes"/> bytes of valid UTF-8 without C0 controls and DEL.</param>
    /// <param name="name">The name; the default name if the result is false.</param>
    /// <returns>False if there are too many bytes, or they are not UTF-8 or contain a control character.</returns>
    public static bool TryCreate(ReadOnlySpan<byte> utf8, out EventName name)
    {
        var isValid = utf8.Length <= MaxBytes && FieldText.IsLine(utf8);
        name = isValid ? new EventName(utf8) : default;
        return isValid;
    }
}
