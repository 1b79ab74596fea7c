using System.Globalization;
using System.Net;
using System.Text;

namespace SseServer.Relay;

/// <summary>
/// Asks a source for its stream, as EventSource does (WHATWG HTML 9.2.3): a GET that names the type and the last event ID. Certificates are verified; the proxies and cookies of the
/// environment are not used. Redirects are followed a few times, within an origin or to https, never from a public address into a private
/// network (<see cref="SourceConnector"/>), and the
/// credential never goes to another origin (Fetch, "HTTP-redirect fetch").
/// </summary>
/// <param name="options">The source, and what it is asked with.</param>
/// <param name="transport">Sends the requests in place of the network; for tests.</param>
internal sealed class EventSource(RelayOptions options, HttpMessageHandler? transport = null) : IDisposable
{
    // Fetch allows 20; a source that needs more than a handful is a loop.
    private const int MaxRedirects = 5;

    private readonly HttpMessageInvoker _client = new(transport ?? new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ConnectCallback = SourceConnector.ConnectAsync,
        ActivityHeadersPropagator = null,
        // A connection is a stream's; the next stream asks the name server again.
        PooledConnectionLifetime = TimeSpan.Zero,
        // RFC 9110 section 5.5 leaves ids beyond ASCII to the field; EventSource sends their UTF-8.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
    });

    /// <summary>Where it is, for the log: without the query, which may hold a secret.</summary>
    public string Name { get; } = options.Url.GetLeftPart(UriPartial.Path);

    /// <summary>Asks once, from the URL that is set. Failures of the connection are the exceptions of <see cref="HttpMessageInvoker"/>.</summary>
    public async Task<SourceAnswer> AskAsync(string lastEventId, CancellationToken cancellation)
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

    /// <summary>Where an answer leads to; null where it leads nowhere, with a problem where it should lead somewhere.</summary>
    internal static Uri? RedirectOf(HttpResponseMessage response, Uri url, out string? problem)
    {
        problem = null;
        if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308)) return null;
        if (response.Headers.Location is not { } location || !Uri.TryCreate(url, location, out var next) || !HasHost(next)) problem = "redirects to nowhere";
        else if (next.UserInfo.Length > 0) problem = "redirects to a URL with a name or password in it, which is not followed";
        else if (next.Scheme != Uri.UriSchemeHttps && !IsSameOrigin(next, url))
            problem = $"redirects to {next.Scheme}: of another origin, which is not followed";
        else return next;
        return null;
    }

    /// <summary>Whether a URL names a host that can be looked up: <see cref="Uri"/> takes names of other alphabets first, and throws when such a name is used that IDNA does not know.</summary>
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

    // WHATWG HTML 9.2.3: any status but 200, and any other type, is no event stream.
    private static string? ProblemOf(HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.OK) return string.Create(CultureInfo.InvariantCulture, $"answers {(int)response.StatusCode}");
        var type = response.Content.Headers.ContentType?.MediaType;
        if (!"text/event-stream".Equals(type, StringComparison.OrdinalIgnoreCase)) return $"answers with {type ?? "no type"} instead of text/event-stream";
        // RFC 9110 section 12.5.3: without Accept-Encoding any coding may come, but none was asked for, and none is read.
        return response.Content.Headers.ContentEncoding.Any(coding => !"identity".Equals(coding, StringComparison.OrdinalIgnoreCase))
            ? $"answers in a content coding ({string.Join(", ", response.Content.Headers.ContentEncoding)}), which is not read"
            : null;
    }

    private static bool IsSameOrigin(Uri a, Uri b) => a.Scheme == b.Scheme && a.IdnHost == b.IdnHost && a.Port == b.Port;
}
