using System.Text;
using SseServer.Auth;
using SseServer.Protocol.Http;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// Who may ask for what: by where the request says it comes from (Host, against pages that rebind a name to this machine; Origin, against pages of other origins that
/// post; proxies), and by the credential it carries.
/// </summary>
internal sealed class RequestGuard(EndpointOptions options, CorsPolicy cors, Authenticator authenticator)
{
    private readonly HashSet<string> _hosts = options.AllowedHosts.ToHashSet(StringComparer.OrdinalIgnoreCase);
    private readonly byte[] _cookie = Encoding.ASCII.GetBytes(options.TokenCookie);

    // X-Forwarded-For, -Host, -Proto and others.
    private static ReadOnlySpan<byte> ForwardedPrefix => "X-Forwarded-"u8;

    /// <summary>What is wrong with any request's Host; null where nothing is.</summary>
    public Problem? CheckHost(RequestHead request)
    {
        // Without a Host there is no name to rebind: browsers always send one, and HTTP/1.0 health checks often do not.
        if (!options.IsLoopbackOnly || request.Host.IsEmpty || LoopbackNames.Contains(request.Host) || IsListed(request.Host)) return null;
        return new(421, "This server listens on loopback and answers to loopback names only; list other names in Server:AllowedHosts.");
    }

    /// <summary>
    /// Finds out who sent a request. A credential that is not accepted has the request refused, also where none is needed: nobody is taken for anonymous who did not
    /// mean to be.
    /// </summary>
    public ValueTask<Admission> AdmitAsync(RequestHead request, RequestParameters parameters)
    {
        var isChange = request.Method is not (RequestMethod.Get or RequestMethod.Head);
        if (isChange && CheckOrigin(request, "Pages of this origin may not publish; list the origin by name in Cors:AllowedOrigins.") is { } forbidden) return new(forbidden);
        if (!authenticator.IsConfigured) return new(Identity.Anonymous);
        if (RequestCredential.Read(request, parameters, _cookie, out var credential) is { } unclear) return new(unclear);
        if (!credential.IsGiven) return new(Identity.Anonymous);
        if (isChange && credential.IsAmbient && !ComesFromOwnPage(request))
            return new(new Problem(403, "A cookie lets only pages of a listed origin change something; send Origin and list it in Cors:AllowedOrigins, or send Authorization."));
        var result = authenticator.AuthenticateAsync(credential.Value);
        return result.IsCompletedSuccessfully ? new(ToAdmission(result.Result)) : WaitAsync(result);
    }

    /// <summary>Finds out who sent a publish, and what it may publish to.</summary>
    public ValueTask<Admission> AdmitPublisherAsync(HttpExchange exchange, RequestParameters parameters)
    {
        var admission = AdmitAsync(exchange.Request, parameters);
        return admission.IsCompletedSuccessfully ? new(GrantTopics(admission.Result, exchange)) : WaitAsync(admission, exchange);
    }

    private async ValueTask<Admission> WaitAsync(ValueTask<Admission> admission, HttpExchange exchange) => GrantTopics(await admission, exchange);

    private static async ValueTask<Admission> WaitAsync(ValueTask<AuthResult> result) => ToAdmission(await result);

    /// <summary>What to reply where a credential is not accepted.</summary>
    public static Problem Explain(AuthFailure failure)
    {
        var detail = AuthFailures.Explain(failure);
        return failure == AuthFailure.KeysUnavailable
            ? Problem.ForNow(503, detail)
            : new Problem(401, detail) { Challenge = "invalid_token" };
    }

    private static Admission ToAdmission(AuthResult result) => result.IsAccepted ? result.Identity : Explain(result.Failure);

    private Admission GrantTopics(Admission admission, HttpExchange exchange)
    {
        if (admission.Refusal is not null) return admission;
        // What anyone may do, the holder of a credential may.
        if (options.AllowAnonymousPublish == true) return admission with { Topics = TopicPatterns.Everything };
        if (!admission.Caller.IsAnonymous)
            return admission.Caller.Publish.IsEmpty ? Problem.BeyondGrant("This key or token lets nobody publish; it has no topics to publish to.") : admission with { Topics = admission.Caller.Publish };
        if (options.AllowAnonymousPublish is not null || authenticator.IsConfigured || !options.IsLoopbackOnly)
            return new Problem(401, "Publishing needs a key or token: send Authorization: Bearer and a key of Auth:PublishKeys or Auth:Keys, or a token as Auth:Jwt says.");
        if (CameThroughProxy(exchange))
            return new Problem(403, "Publishing without a key is not possible through a proxy; set Auth:PublishKeys, or Auth:AllowAnonymousPublish=true.");
        return admission with { Topics = TopicPatterns.Everything };
    }

    private Problem? CheckOrigin(RequestHead request, string forbidden)
    {
        if (request.CountHeaders("Origin"u8) > 1) return Problem.BadRequest("Send one Origin field only.");
        return request.TryGetHeader("Origin"u8, out var origin) && !LoopbackNames.ContainsOrigin(origin) && !cors.Lists(origin) ? new(403, forbidden) : null;
    }

    /// <summary>What forbids to read metrics, which tell of everybody's streams; null where nothing does.</summary>
    public async ValueTask<Problem?> CheckMetricsAsync(HttpExchange exchange, RequestParameters parameters)
    {
        if (CheckOrigin(exchange.Request, "Pages of this origin may not read metrics; list the origin by name in Cors:AllowedOrigins.") is { } forbidden) return forbidden;
        var (caller, refusal) = await AdmitAsync(exchange.Request, parameters);
        if (refusal is not null) return refusal;
        if (MayAdminister(exchange, caller) || options.HasOpenMetrics) return null;
        if (!authenticator.IsConfigured) return new(403, "Metrics are shown to programs on the server's own machine; set Metrics:Open=true to show them to all who reach the server.");
        return caller.IsAnonymous
            ? new(401, "Metrics are shown to programs on the server's own machine, and to keys and tokens with admin rights; Metrics:Open=true shows them to all.")
            : Problem.BeyondGrant("This key or token has no admin rights, which metrics need.");
    }

    /// <summary>Finds out who sent a request to <c>/admin/</c>, and refuses all but operators and the pages that are theirs.</summary>
    public async ValueTask<Admission> AdmitAdminAsync(HttpExchange exchange, RequestParameters parameters)
    {
        if (CheckOrigin(exchange.Request, "Pages of this origin may not use /admin; list the origin by name in Cors:AllowedOrigins.") is { } forbidden) return forbidden;
        var admission = await AdmitAsync(exchange.Request, parameters);
        if (admission.Refusal is not null || MayAdminister(exchange, admission.Caller)) return admission;
        if (!authenticator.IsConfigured) return new Problem(403, "Without keys and tokens /admin is for programs on the server's own machine; give a key of Auth:Keys admin rights to use it from elsewhere.");
        return admission.Caller.IsAnonymous
            ? new Problem(401, "The /admin API is for programs on the server's own machine, and for keys and tokens with admin rights.")
            : Problem.BeyondGrant("This key or token has no admin rights, which /admin needs.");
    }

    private bool MayAdminister(HttpExchange exchange, Identity caller) => caller.IsAdmin || (options.IsLoopbackOnly && !CameThroughProxy(exchange));

    // The browser adds a cookie to whatever a page asks for, so here the page must be known: a form of another site posts text/plain without a preflight. Pages on the
    // visitor's loopback are trusted by a server that is there itself, and by no other.
    private bool ComesFromOwnPage(RequestHead request)
    {
        if (request.TryGetHeader("Origin"u8, out var origin)) return options.IsLoopbackOnly || cors.Lists(origin);
        return request.CountHeaders("Sec-Fetch-Site"u8) == 1 && request.TryGetHeader("Sec-Fetch-Site"u8, out var site) && site.SequenceEqual("same-origin"u8);
    }

    // A connection from this machine says nothing of who sits behind a proxy that made it, and proxies tell in one of these ways, or not at all.
    private static bool CameThroughProxy(HttpExchange exchange)
    {
        if (exchange.Connection.HasProxyHeader) return true;
        var request = exchange.Request;
        for (var i = 0; i < request.HeaderCount; i++)
        {
            var name = request.HeaderName(i);
            if (HttpTokens.EqualsIgnoreCase(name, "Forwarded"u8) || HttpTokens.EqualsIgnoreCase(name, "Via"u8) || HttpTokens.EqualsIgnoreCase(name, "X-Real-IP"u8)) return true;
            if (name.Length > ForwardedPrefix.Length && HttpTokens.EqualsIgnoreCase(name[..ForwardedPrefix.Length], ForwardedPrefix)) return true;
        }

        return false;
    }

    private bool IsListed(ReadOnlySpan<byte> host) => _hosts.Count > 0 && _hosts.Contains(Encoding.ASCII.GetString(LoopbackNames.WithoutPort(host)));
}
