using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>Reads Accept (RFC 9110 section 12.5.1). Without the field every type is acceptable.</summary>
internal static class AcceptHeader
{
    // The weight of a range that has none.
    private const int FullWeight = 1000;

    /// <summary>How closely a range of the field covers a type.</summary>
    private enum Match
    {
        None,
        Any,
        Family,
        Name,
    }

    /// <summary>Returns whether event streams are acceptable.</summary>
    public static bool AllowsEventStream(RequestHead request) => WeighEventStream(request, out _) > 0;

    /// <summary>Returns whether event streams are asked for by name, as EventSource does.</summary>
    public static bool NamesEventStream(RequestHead request) => WeighEventStream(request, out var match) > 0 && match == Match.Name;

    /// <summary>
    /// Returns whether the client prefers JSON: it asks for it by name, or for <c>application/*</c>, with a higher weight than the event
    /// stream has, which wins a tie. <c>*/*</c> never means JSON: a client that accepts anything expects this resource to be a stream.
    /// </summary>
    public static bool PrefersJson(RequestHead request)
    {
        var weight = Weigh(request, MediaType.Json, "application/*"u8, out var match);
        return match >= Match.Family && weight > WeighEventStream(request, out _);
    }

    private static int WeighEventStream(RequestHead request, out Match match)
        => Weigh(request, MediaType.EventStream, "text/*"u8, out match);

    /// <summary>Returns the weight of a type, 0 to 1000: that of the most specific range that covers it.</summary>
    private static int Weigh(RequestHead request, ReadOnlySpan<byte> type, ReadOnlySpan<byte> family, out Match match)
    {
        match = Match.None;
        var (weight, hasRanges) = (0, false);
        for (var i = 0; i < request.HeaderCount; i++)
        {
            if (!HttpTokens.EqualsIgnoreCase(request.HeaderName(i), "Accept"u8)) continue;
            foreach (var value in new ListValues(request.HeaderValue(i)))
            {
                hasRanges = true;
                var range = TakeParameter(value, out var parameters);
                var own = HttpTokens.EqualsIgnoreCase(range, type) ? Match.Name
                    : HttpTokens.EqualsIgnoreCase(range, family) ? Match.Family
                    : range.SequenceEqual("*/*"u8) ? Match.Any : Match.None;
                if (own == Match.None || own < match) continue;
                weight = own == match ? Math.Max(weight, ReadWeight(parameters)) : ReadWeight(parameters);
                match = own;
            }
        }

        return hasRanges ? weight : FullWeight;
    }

    // weight = OWS ";" OWS "q=" qvalue; qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
    private static int ReadWeight(ReadOnlySpan<byte> parameters)
    {
        while (!parameters.IsEmpty)
        {
            var parameter = TakeParameter(parameters, out parameters);
            if (parameter.Length < 3 || !HttpTokens.EqualsIgnoreCase(parameter[..2], "q="u8)) continue;
            var value = parameter[2..];
            // Only zeros exclude a type, also where they are not a qvalue.
            if (!value.ContainsAnyExcept("0."u8)) return 0;
            if (value[0] != (byte)'0') return FullWeight;
            var weight = 0;
            for (var i = "0.".Length; i < "0.000".Length; i++)
                weight = weight * 10 + (i < value.Length && value[i] is >= (byte)'0' and <= (byte)'9' ? value[i] - '0' : 0);
            return Math.Max(1, weight);
        }

        return FullWeight;
    }

    private static ReadOnlySpan<byte> TakeParameter(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> rest)
    {
        var end = text.IndexOf((byte)';');
        rest = end < 0 ? default : text[(end + 1)..];
        return HttpTokens.TrimWhitespace(end < 0 ? text : text[..end]);
    }
}
