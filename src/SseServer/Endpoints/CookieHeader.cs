using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>Reads one cookie.</summary>
internal static class CookieHeader
{
    // cookie-string = cookie-pair *( ";" SP cookie-pair ); cookie-pair = cookie-name "=" cookie-value (RFC 6265 section 4.2.1)

    /// <summary>
    /// Gets the value of a cookie, empty if there is none. False if the cookie is sent twice, in one field or in several: a browser sends
    /// two for two paths or domains, and a page of a neighbouring domain may have set one of them.
    /// </summary>
    public static bool TryGet(RequestHead request, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        var isFound = false;
        for (var i = 0; i < request.HeaderCount; i++)
        {
            if (!HttpTokens.EqualsIgnoreCase(request.HeaderName(i), "Cookie"u8)) continue;
            var rest = request.HeaderValue(i);
            foreach (var range in rest.Split((byte)';'))
            {
                var pair = HttpTokens.TrimWhitespace(rest[range]);
                // Names are case-sensitive.
                if (pair.Length <= name.Length || pair[name.Length] != '=' || !pair.StartsWith(name)) continue;
                if (isFound) return false;
                isFound = true;
                value = pair[(name.Length + 1)..];
            }
        }

        return true;
    }
}
