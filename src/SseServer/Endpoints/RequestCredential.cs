using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>
/// The credential of a request: <c>Authorization: Bearer</c>, <c>access_token=</c> in the query, or a cookie (RFC 6750 section 2; the
/// cookie takes the place of a form, for EventSource, which cannot set headers). A view of the request's bytes.
/// </summary>
internal readonly ref struct RequestCredential
{
    private RequestCredential(ReadOnlySpan<byte> value, bool isGiven, bool isAmbient)
    {
        Value = value;
        IsGiven = isGiven;
        IsAmbient = isAmbient;
    }

    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Whether there is one, though it may be empty.</summary>
    public bool IsGiven { get; }

    /// <summary>Whether it came as a cookie: the browser added it by itself, so it does not show who made the request.</summary>
    public bool IsAmbient { get; }

    /// <summary>The name of the query parameter.</summary>
    public static ReadOnlySpan<byte> Parameter => "access_token"u8;

    /// <summary>
    /// Finds the credential; returns a problem if there is more than one (RFC 6750 section 2) or if it has another scheme.
    /// </summary>
    public static Problem? Read(
        RequestHead request, RequestParameters parameters, ReadOnlySpan<byte> cookie, out RequestCredential credential)
    {
        credential = default;
        var headers = request.CountHeaders("Authorization"u8);
        // An empty parameter is what a page without a token makes of its URL: none.
        var queries = parameters.CountOf(Parameter, withValue: true);
        if (headers + queries > 1)
            return InvalidRequest("The request has more than one credential; send one, in Authorization or in access_token=.");
        if (headers == 1)
        {
            request.TryGetHeader("Authorization"u8, out var value);
            return ReadBearer(value, out credential);
        }

        if (queries == 1)
        {
            parameters.TryGetFilled(Parameter, out var value);
            credential = new(value, isGiven: true, isAmbient: false);
            return null;
        }

        if (CookieHeader.TryGet(request, cookie, skipped: 0, out var text)) credential = new(text, isGiven: true, isAmbient: true);
        return null;
    }

    // credentials = "Bearer" 1*SP b64token (RFC 6750 section 2.1)
    private static Problem? ReadBearer(ReadOnlySpan<byte> value, out RequestCredential credential)
    {
        credential = default;
        var scheme = "Bearer"u8;
        var isBearer = value.Length > scheme.Length
            && HttpTokens.EqualsIgnoreCase(value[..scheme.Length], scheme)
            && value[scheme.Length] is (byte)' ';
        if (!isBearer)
        {
            const string detail = "The Authorization field does not hold a Bearer credential; "
                + "send Authorization: Bearer and the key or token.";
            return new(ProblemCode.InvalidCredential, detail) { Challenge = "invalid_token" };
        }

        credential = new(HttpTokens.TrimWhitespace(value[(scheme.Length + 1)..]), isGiven: true, isAmbient: false);
        return null;
    }

    private static Problem InvalidRequest(string detail)
        => new(ProblemCode.AmbiguousCredential, detail) { Challenge = "invalid_request" };
}
