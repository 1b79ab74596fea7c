using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>Reads Accept (RFC 9110 section 12.5.1).</summary>
internal static class AcceptHeader
{
    /// <summary>
    /// Returns whether event streams are acceptable: the most specific range that covers them has no <c>q=0</c>, or there is no range.
    /// </summary>
    public static bool AllowsEventStream(RequestHead request)
    {
        var best = -1;
        var allowed = false;
        var namesAny = false;
        for (var i = 0; i < request.HeaderCount; i++)
        {
            if (!HttpTokens.EqualsIgnoreCase(request.HeaderName(i), "Accept"u8)) continue;
            foreach (var value in new ListValues(request.HeaderValue(i)))
            {
                namesAny = true;
                var specificity = Specificity(MediaRange(value));
                if (specificity < best || specificity < 0) continue;
                allowed = (specificity == best && allowed) || !HasZeroWeight(value);
                best = specificity;
            }
        }

        return allowed || !namesAny;
    }

    /// <summary>Returns whether event streams are asked for by name, as EventSource does.</summary>
    public static bool NamesEventStream(RequestHead request)
    {
        for (var i = 0; i < request.HeaderCount; i++)
        {
            if (!HttpTokens.EqualsIgnoreCase(request.HeaderName(i), "Accept"u8)) continue;
            foreach (var value in new ListValues(request.HeaderValue(i)))
                if (HttpTokens.EqualsIgnoreCase(MediaRange(value), MediaType.EventStream) && !HasZeroWeight(value)) return true;
        }

        return false;
    }

    private static ReadOnlySpan<byte> MediaRange(ReadOnlySpan<byte> value)
    {
        var semicolon = value.IndexOf((byte)';');
        return HttpTokens.TrimWhitespace(semicolon < 0 ? value : value[..semicolon]);
    }

    private static int Specificity(ReadOnlySpan<byte> range)
        => HttpTokens.EqualsIgnoreCase(range, MediaType.EventStream) ? 2
            : HttpTokens.EqualsIgnoreCase(range, "text/*"u8) ? 1
            : range.SequenceEqual("*/*"u8) ? 0 : -1;

    // weight = OWS ";" OWS "q=" qvalue; zero is "0" with up to three zeros after the point.
    private static bool HasZeroWeight(ReadOnlySpan<byte> value)
    {
        var rest = value;
        for (var semicolon = rest.IndexOf((byte)';'); semicolon >= 0; semicolon = rest.IndexOf((byte)';'))
        {
            rest = HttpTokens.TrimWhitespace(rest[(semicolon + 1)..]);
            if (rest.Length < 3 || !HttpTokens.EqualsIgnoreCase(rest[..2], "q="u8)) continue;
            var weight = MediaRange(rest[2..]);
            return !weight.IsEmpty && !weight.ContainsAnyExcept("0."u8);
        }

        return false;
    }
}
