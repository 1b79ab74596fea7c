using System.Globalization;
using System.Net;
using System.Text;

namespace SseServer.Relay;

/// <summary>The response of a source: a stream, a request to stay away, or something else. Disposing it closes its connection.</summary>
internal sealed class SourceResponse(HttpResponseMessage response, string? problem) : IDisposable
{
    /// <summary>Whether the stream has ended permanently (204).</summary>
    public bool IsEnd => response.StatusCode == HttpStatusCode.NoContent;

    /// <summary>Why there is no stream, as a predicate to the source's name; null if there is one.</summary>
    public string? Problem => problem;

    public Task<Stream> OpenAsync(CancellationToken cancellation) => response.Content.ReadAsStreamAsync(cancellation);

    public void Dispose() => response.Dispose();
}

/// <summary>
/// Requests the stream of a source as EventSource does (WHATWG HTML 9.2.3): a GET with the type and the last event ID. Certificates are
/// verified; the proxies and cookies of the environment are not used. A few redirects are followed, within an origin or to https, and never
/// from a public address into a private network (<see cref="SourceConnector"/>); the credential is never sent to another origin (Fetch,
/// "HTTP-redirect fetch").
/// </summary>
/// <param name="options">The source and its credential.</param>
/// <param name="transport">Sends the requests in place of the network; for tests.</param>
internal sealed class EventSource(RelayOptions options, HttpMessageHandler? transport = null) : IDisposable
{
    // Fetch allows 20; more than a handful is a loop.
    private const int MaxRedirects = 5;

    private readonly HttpMessageInvoker _client = new(transport ?? new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ConnectCallback = SourceConnector.ConnectAsync,
        ActivityHeadersPropagator = null,
        // One connection per stream, so that the DNS name is resolved again for the next one.
        PooledConnectionLifetime = TimeSpan.Zero,
        // RFC 9110 section 5.5 does not define characters beyond ASCII; EventSource sends ids as UTF-8.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
    });

    /// <summary>The URL for the log, without the query, which may hold a secret.</summary>
    public string Name { get; } = options.Url.GetLeftPart(UriPartial.Path);

    /// <summary>
    /// Sends one request to the configured URL and follows redirects. Throws the exceptions of <see cref="HttpMessageInvoker"/> if the
    /// connection fails.
    /// </summary>
    public async Task<SourceResponse> RequestAsync(string lastEventId, CancellationToken cancellation)
    {
        var (url, authorization) = (options.Url, options.Authorization);
        var route = new SourceConnector.Route();
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            SourceConnector.Follow(request, route);
            Add(request, "Accept", "text/event-stream");
            Add(request, "Cache-Control", "no-cache");
            Add(request, "User-Agent", "sse-server");
            Add(request, "Last-Event-ID", lastEventId);
            Add(request, "Authorization", authorization);
            var response = await _client.SendAsync(request, cancellation);
            var next = RedirectOf(response, url, out var problem);
            if (next is null) return new(response, problem ?? ProblemOf(response));
            if (redirects == MaxRedirects) return new(response, "redirects too often");
            response.Dispose();
            if (!IsSameOrigin(next, url)) authorization = null;
            url = next;
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>
    /// Returns the URL that a response redirects to; null if it is not a redirect or, with a problem, if the redirect is not followed.
    /// </summary>
    internal static Uri? RedirectOf(HttpResponseMessage response, Uri url, out string? problem)
    {
        problem = null;
        if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308)) return null;
        if (response.Headers.Location is not { } location || !Uri.TryCreate(url, location, out var next) || !HasHost(next))
            problem = "redirects to an invalid URL";
        else if (next.UserInfo.Length > 0)
            problem = "redirects to a URL with a name or password in it, which is not followed";
        else if (next.Scheme != Uri.UriSchemeHttps && !IsSameOrigin(next, url))
            problem = $"redirects to {next.Scheme}: of another origin, which is not followed";
        else
            return next;
        return null;
    }

    /// <summary>
    /// Returns whether the host of a URL can be looked up: <see cref="Uri"/> first accepts names in other alphabets, and throws when one is
    /// used that IDNA does not allow.
    /// </summary>
    internal static bool HasHost(Uri url)
    {
        try
        {
            return url.IdnHost.Length > 0;
        }
        catch (UriFormatException)
        {
            return false;
        }
    }

    private static void Add(HttpRequestMessage request, string field, string? value)
    {
        if (!string.IsNullOrEmpty(value)) request.Headers.TryAddWithoutValidation(field, value);
    }

    // WHATWG HTML 9.2.3: a response with another status than 200 or another type is not an event stream.
    private static string? ProblemOf(HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.OK)
            return string.Create(CultureInfo.InvariantCulture, $"answers {(int)response.StatusCode}");
        var type = response.Content.Headers.ContentType?.MediaType;
        if (!"text/event-stream".Equals(type, StringComparison.OrdinalIgnoreCase))
            return $"answers with {type ?? "no type"} instead of text/event-stream";
        // RFC 9110 section 12.5.3 allows any coding if there is no Accept-Encoding, but this client decodes none.
        return response.Content.Headers.ContentEncoding.Any(coding => !"identity".Equals(coding, StringComparison.OrdinalIgnoreCase))
            ? $"answers in a content coding ({string.Join(", ", response.Content.Headers.ContentEncoding)}), which is not supported"
            : null;
    }

    private static bool IsSameOrigin(Uri a, Uri b) => a.Scheme == b.Scheme && a.IdnHost == b.IdnHost && a.Port == b.Port;
}
