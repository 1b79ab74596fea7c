namespace SseServer.Protocol.Http;

/// <summary>One <c>name=value</c> of a query, as sent: both parts are still percent-encoded.</summary>
public readonly ref struct QueryParameter
{
    internal QueryParameter(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Name = name;
        Value = value;
    }

    /// <summary>What stands before the first <c>=</c>; all of it where there is none.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>What stands after the first <c>=</c>; empty where there is none.</summary>
    public ReadOnlySpan<byte> Value { get; }
}
