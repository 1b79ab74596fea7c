namespace SseServer.Protocol.EventStream;

/// <summary>
/// The name of an event, the value of its <c>event</c> field. It holds no line break and no other control, so that no
/// name can inject a field into a stream. The default value is the empty name: no <c>event</c> line is written, and
/// clients dispatch <c>message</c> (WHATWG HTML 9.2.6, "dispatch the event").
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

    /// <summary>Takes <paramref name="utf8"/> as a name. The name refers to these bytes; it does not copy them.</summary>
    /// <param name="utf8">0 to <see cref="MaxBytes"/> bytes of valid UTF-8 without C0 controls and DEL.</param>
    /// <param name="name">The name, or the default name where the result is false.</param>
    /// <returns>False if the bytes are too many, are not UTF-8, or hold a control.</returns>
    public static bool TryCreate(ReadOnlySpan<byte> utf8, out EventName name)
    {
        bool isValid = utf8.Length <= MaxBytes && FieldText.IsLine(utf8);
        name = isValid ? new EventName(utf8) : default;
        return isValid;
    }
}
