using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>
/// The credential that a request carries: <c>Authorization: Bearer</c>, <c>access_token=</c> in the query, or a cookie (RFC 6750 section 2; the cookie in place of a form, for
/// EventSource, which can set no header). A view of the request's bytes.
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

    /// <summary>There is one, though it may be empty.</summary>
    public bool IsGiven { get; }

    /// <summary>The browser added it by itself, so it says nothing of who made the request: it came as a cookie.</summary>
    public bool IsAmbient { get; }

    /// <summary>The name of the query's parameter.</summary>
    public static ReadOnlySpan<byte> Parameter => "access_token"u8;

    /// <summary>Finds it; a problem where there is more than one (RFC 6750 section 2), or another scheme's.</summary>
    public static Problem? Read(RequestHead request, RequestParameters parameters, ReadOnlySpan<byte> cookie, out RequestCredential credential)
    {
        credential = default;
        var headers = request.CountHeaders("Authorization"u8);
        var queries = parameters.CountOf(Parameter);
        if (headers + queries > 1) return Problem.BadRequest("The request has more than one credential; send one, in Authorization or in access_token=.") with { Challenge = "invalid_request" };
        if (headers == 1)
        {
            request.TryGetHeader("Authorization"u8, out var value);
            var scheme = "Bearer"u8;
            var isBearer = value.Length > scheme.Length && HttpTokens.EqualsIgnoreCase(value[..scheme.Length], scheme) && value[scheme.Length] is (byte)' ';
            if (!isBearer) return new(401, "The Authorization field does not hold a Bearer credential; send Authorization: Bearer and the key or token.") { Challenge = "invalid_token" };
            credential = new(HttpTokens.TrimWhitespace(value[(scheme.Length + 1)..]), isGiven: true, isAmbient: false);
            return null;
        }

        if (queries == 1)
        {
            parameters.TryGet(Parameter, out var value);
            credential = new(value, isGiven: true, isAmbient: false);
            return null;
        }

        if (!CookieHeader.TryGet(request, cookie, out var text)) return Problem.BadRequest("The cookie with the token is sent twice; send it once.") with { Challenge = "invalid_request" };
        // An empty one is what a page leaves behind that logged its user out.
        if (!text.IsEmpty) credential = new(text, isGiven: true, isAmbient: true);
        return null;
    }
}
