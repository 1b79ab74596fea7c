using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>Reads the cookies of one name.</summary>
internal static class CookieHeader
{
    // cookie-string = cookie-pair *( ";" SP cookie-pair ); cookie-pair = cookie-name "=" cookie-value (RFC 6265 section 4.2.1)

    /// <summary>
    /// Gets the value of the cookie with a name that has <paramref name="skipped"/> others of that name before it; false if there is none.
    /// Empty cookies do not count: a page that logged its user out may leave one. A browser sends two of a name for two paths or domains.
    /// </summary>
    public static bool TryGet(RequestHead request, ReadOnlySpan<byte> name, int skipped, out ReadOnlySpan<byte> value)
    {
        value = default;
        for (var i = 0; i < request.HeaderCount; i++)
        {
            if (!HttpTokens.EqualsIgnoreCase(request.HeaderName(i), "Cookie"u8)) continue;
            var rest = request.HeaderValue(i);
            foreach (var range in rest.Split((byte)';'))
            {
                var pair = HttpTokens.TrimWhitespace(rest[range]);
                // Names are case-sensitive.
                if (pair.Length <= name.Length || pair[name.Length] != '=' || !pair.StartsWith(name)) continue;
                value = pair[(name.Length + 1)..];
                if (!value.IsEmpty && skipped-- == 0) return true;
            }
        }

        value = default;
        return false;
    }
}
