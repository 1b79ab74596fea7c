namespace SseServer.Protocol.Http;

/// <summary>
/// Goes through the parameters of a query, cut at <c>&amp;</c> (WHATWG URL 5.1). Empty ones are left out; the order and
/// repeats stay.
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

    /// <summary>Goes to the next parameter; false after the last.</summary>
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
