using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>Which of the two representations of events a client prefers (RFC 9110 section 12.5.1).</summary>
internal static class MediaPreference
{
    /// <summary>
    /// Returns whether the client prefers JSON: it asks for it by name, or for <c>application/*</c>, with a higher weight than the event
    /// stream has, which wins a tie. <c>*/*</c> never means JSON: a client that accepts anything expects this resource to be a stream.
    /// </summary>
    public static bool PrefersJson(RequestHead request)
    {
        var json = Weigh(request, MediaType.Json, "application/*"u8, out var isNamed);
        return isNamed && json > Weigh(request, MediaType.EventStream, "text/*"u8, out _);
    }

    /// <summary>
    /// Returns the weight of a type, 0 to 1000: that of the most specific range that covers it. 1000 if there is no range.
    /// </summary>
    private static int Weigh(RequestHead request, ReadOnlySpan<byte> type, ReadOnlySpan<byte> family, out bool isNamed)
    {
        var (best, weight, namesAny) = (-1, 0, false);
        for (var i = 0; i < request.HeaderCount; i++)
        {
            if (!HttpTokens.EqualsIgnoreCase(request.HeaderName(i), "Accept"u8)) continue;
            foreach (var value in new ListValues(request.HeaderValue(i)))
            {
                namesAny = true;
                var range = TakeUpTo((byte)';', value, out var parameters);
                var specificity = HttpTokens.EqualsIgnoreCase(range, type) ? 2
                    : HttpTokens.EqualsIgnoreCase(range, family) ? 1
                    : range.SequenceEqual("*/*"u8) ? 0 : -1;
                if (specificity < 0 || specificity < best) continue;
                var own = ReadWeight(parameters);
                weight = specificity == best ? Math.Max(weight, own) : own;
                best = specificity;
            }
        }

        isNamed = best > 0;
        return namesAny ? weight : 1000;
    }

    // weight = OWS ";" OWS "q=" qvalue; qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
    private static int ReadWeight(ReadOnlySpan<byte> parameters)
    {
        while (!parameters.IsEmpty)
        {
            var parameter = TakeUpTo((byte)';', parameters, out parameters);
            if (parameter.Length < 3 || !HttpTokens.EqualsIgnoreCase(parameter[..2], "q="u8)) continue;
            var value = parameter[2..];
            if (value[0] != (byte)'0') return 1000;
            var weight = 0;
            for (var i = "0.".Length; i < "0.000".Length; i++)
                weight = weight * 10 + (i < value.Length && value[i] is >= (byte)'0' and <= (byte)'9' ? value[i] - '0' : 0);
            return weight;
        }

        return 1000;
    }

    private static ReadOnlySpan<byte> TakeUpTo(byte separator, ReadOnlySpan<byte> text, out ReadOnlySpan<byte> rest)
    {
        var end = text.IndexOf(separator);
        rest = end < 0 ? default : text[(end + 1)..];
        return HttpTokens.TrimWhitespace(end < 0 ? text : text[..end]);
    }
}
