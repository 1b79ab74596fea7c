namespace SseServer.ConformanceHost;

/// <summary>A cookie as a request names it: views of the field's bytes.</summary>
internal readonly ref struct CookiePair(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
{
    public ReadOnlySpan<byte> Name { get; } = name;

    public ReadOnlySpan<byte> Value { get; } = value;
}
