namespace SseServer.Protocol.Http;

/// <summary>
/// Enumerates the parameters of a query, separated by <c>&amp;</c> (WHATWG URL 5.1). Empty ones are skipped; order and repetitions are
/// kept.
/// </summary>
public ref struct QueryString
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>The parameters of <paramref name="query"/>, which has no leading <c>?</c>, as views of its bytes.</summary>
    public QueryString(ReadOnlySpan<byte> query) => _rest = query;

    /// <summary>The parameter.</summary>
    public QueryParameter Current { get; private set; }

    /// <summary>This enumerator, for <c>foreach</c>.</summary>
    public readonly QueryString GetEnumerator() => this;

    /// <summary>Moves to the next parameter; false after the last.</summary>
    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            int end = _rest.IndexOf((byte)'&');
            ReadOnlySpan<byte> pair = end < 0 ? _rest : _rest[..end];
            _rest = end < 0 ? default : _rest[(end + 1)..];
            if (pair.IsEmpty)
                continue;

            int equals = pair.IndexOf((byte)'=');
            Current = equals < 0 ? new QueryParameter(pair, default) : new QueryParameter(pair[..equals], pair[(equals + 1)..]);
            return true;
        }

        Current = default;
        return false;
    }
}

/// <summary>One <c>name=value</c> of a query, as sent: both parts are still percent-encoded.</summary>
public readonly ref struct QueryParameter
{
    internal QueryParameter(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Name = name;
        Value = value;
    }

    /// <summary>The part before the first <c>=</c>; all of it if there is none.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The part after the first <c>=</c>; empty if there is none.</summary>
    public ReadOnlySpan<byte> Value { get; }
}
