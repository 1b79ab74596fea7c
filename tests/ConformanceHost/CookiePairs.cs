using SseServer.Protocol.Http;

namespace SseServer.ConformanceHost;

/// <summary>
/// Goes through the pairs of a Cookie field. Form is taken as it comes: what has no name or no <c>=</c> is no pair and is left out,
/// a value may hold <c>=</c> and keeps its quotes.
/// <code>
/// cookie-string = cookie-pair *( ";" SP cookie-pair ); cookie-pair = cookie-name "=" cookie-value (RFC 6265 section 4.2.1)
/// </code>
/// </summary>
internal ref struct CookiePairs
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>The pairs of a field's value.</summary>
    public CookiePairs(ReadOnlySpan<byte> value) => _rest = value;

    public CookiePair Current { get; private set; }

    public readonly CookiePairs GetEnumerator() => this;

    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            var end = _rest.IndexOf((byte)';');
            var part = end < 0 ? _rest : _rest[..end];
            _rest = end < 0 ? default : _rest[(end + 1)..];

            var equals = part.IndexOf((byte)'=');
            if (equals < 0) continue;
            var name = HttpTokens.TrimWhitespace(part[..equals]);
            if (name.IsEmpty) continue;
            Current = new CookiePair(name, HttpTokens.TrimWhitespace(part[(equals + 1)..]));
            return true;
        }

        Current = default;
        return false;
    }
}
