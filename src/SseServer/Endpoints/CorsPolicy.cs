using System.Buffers;
using System.Text;
using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>
/// Which pages of other origins may read responses (the Fetch standard's CORS protocol). This decides what a browser shows to a page, not
/// what the server does.
/// </summary>
internal sealed class CorsPolicy
{
    // Everything that pages need and that the Fetch standard does not show them by itself.
    private static ReadOnlySpan<byte> Exposed => "Retry-After, SSE-Last-Event-ID, RateLimit, RateLimit-Policy"u8;

    private readonly bool _allowsAll;
    private readonly bool _allowsCredentials;
    private readonly HashSet<string> _origins;
    private readonly OriginWildcard[] _wildcards;

    public CorsPolicy(EndpointOptions options)
    {
        _allowsAll = options.AllowedOrigins.Contains("*");
        _allowsCredentials = options.AllowCredentials;
        // Any page can have the opaque origin "null" (a sandboxed frame, a data: URL), so it cannot be listed by name.
        _origins = options.AllowedOrigins.Where(origin => origin is not ("*" or "null") && !OriginWildcard.IsWildcard(origin))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        _wildcards = [.. options.AllowedOrigins.Where(OriginWildcard.IsWildcard).Select(origin => new OriginWildcard(origin))];
    }

    /// <summary>Returns whether an origin is listed by name; <c>*</c> and other wildcards do not list one.</summary>
    public bool Lists(ReadOnlySpan<byte> origin) => _origins.Count > 0 && _origins.Contains(Encoding.ASCII.GetString(origin));

    /// <summary>Writes the fields that every response carries.</summary>
    public void Write(IBufferWriter<byte> output, RequestHead request)
    {
        if (_allowsAll && !_allowsCredentials) ResponseHead.WriteHeader(output, "Access-Control-Allow-Origin"u8, "*"u8);
        else WriteForOrigin(output, request);
        ResponseHead.WriteHeader(output, "Access-Control-Expose-Headers"u8, Exposed);
    }

    // The response depends on the origin, and caches must know that (Fetch standard, "CORS protocol and HTTP caches").
    private void WriteForOrigin(IBufferWriter<byte> output, RequestHead request)
    {
        ResponseHead.WriteHeader(output, "Vary"u8, "Origin"u8);
        if (!request.TryGetHeader("Origin"u8, out var origin)) return;
        var isListed = Lists(origin);
        if (!isListed && !IsCovered(origin)) return;
        ResponseHead.WriteHeader(output, "Access-Control-Allow-Origin"u8, origin);
        if (_allowsCredentials && isListed) ResponseHead.WriteHeader(output, "Access-Control-Allow-Credentials"u8, "true"u8);
    }

    private bool IsCovered(ReadOnlySpan<byte> origin)
    {
        foreach (var wildcard in _wildcards)
            if (wildcard.Matches(origin)) return true;
        return false;
    }

    /// <summary>
    /// Writes the response to a preflight. A page that may read may send any fields with it: libraries add their own
    /// (<c>Datastar-Request</c>, <c>traceparent</c>), and the fields of a GET change nothing here. A request that changes something may
    /// have only those of a list.
    /// </summary>
    public void WritePreflight(IBufferWriter<byte> output, RequestHead request)
    {
        ResponseHead.WriteHeader(output, "Access-Control-Allow-Methods"u8, "GET, HEAD, POST, DELETE, OPTIONS"u8);
        if (!TryGetRequested(request, out var headers)) headers = "Last-Event-ID, Cache-Control, Authorization, Content-Type"u8;
        ResponseHead.WriteHeader(output, "Access-Control-Allow-Headers"u8, headers);
        ResponseHead.WriteHeader(output, "Access-Control-Max-Age"u8, 7200);
    }

    // Access-Control-Request-Headers = 1#field-name (Fetch standard, "CORS-preflight fetch").
    private bool TryGetRequested(RequestHead request, out ReadOnlySpan<byte> headers)
    {
        headers = default;
        if (!request.TryGetHeader("Access-Control-Request-Method"u8, out var method)) return false;
        if (!method.SequenceEqual("GET"u8) && !method.SequenceEqual("HEAD"u8)) return false;
        if (!MayRead(request) || request.CountHeaders("Access-Control-Request-Headers"u8) != 1) return false;
        request.TryGetHeader("Access-Control-Request-Headers"u8, out headers);
        if (headers.IsEmpty) return false;
        foreach (var range in headers.Split((byte)','))
            if (!HttpTokens.IsToken(HttpTokens.TrimWhitespace(headers[range]))) return false;
        return true;
    }

    private bool MayRead(RequestHead request)
        => (_allowsAll && !_allowsCredentials) || (request.TryGetHeader("Origin"u8, out var origin) && (Lists(origin)
            || IsCovered(origin)));
}
