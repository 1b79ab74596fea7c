using System.Text;
using SseServer.Auth;
using SseServer.Protocol.Http;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// Decides who may ask for what, by where a request says it comes from and by its credential. The Host field protects against pages that
/// rebind a name to this machine, the Origin field against pages of other origins that post, and the fields of proxies show that a request
/// from this machine may be someone else's.
/// </summary>
internal sealed class RequestAuthorizer(EndpointOptions options, CorsPolicy cors, Authenticator authenticator)
{
    // A cookie for each of some paths and domains; each may cost a verification of its signature.
    private const int MaxCookies = 4;

    private readonly HashSet<string> _hosts
        = options.AllowedHosts.Select(host => host.TrimEnd('.')).ToHashSet(StringComparer.OrdinalIgnoreCase);
    private readonly byte[] _cookie = Encoding.ASCII.GetBytes(options.TokenCookie);

    /// <summary>Returns what is wrong with a request's Host; null if nothing is.</summary>
    public Problem? CheckHost(RequestHead request)
    {
        // Without a Host there is no name to rebind: browsers always send one, and HTTP/1.0 health checks often do not.
        if (request.Host.IsEmpty || LoopbackNames.Contains(request.Host) || IsListed(request.Host)) return null;
        if (options.IsLoopbackOnly)
        {
            const string detail = "This server listens on loopback and answers to loopback names only; "
                + "list other host names in Server:AllowedHosts.";
            return new(421, detail);
        }

        // Anyone can point a name here, but not an address; the health checks of orchestrators use addresses.
        if (options.AllowedHosts.Count == 0 || LoopbackNames.IsAddress(request.Host)) return null;
        return new(421, "This server answers only to IP addresses and the host names in Server:AllowedHosts; list this name there.");
    }

    /// <summary>
    /// Identifies the sender of a request. A credential that is not accepted is refused even if the request needs none: a client that sends
    /// one does not mean to be anonymous.
    /// </summary>
    public ValueTask<AuthorizationResult> AuthorizeAsync(HttpExchange exchange, RequestParameters parameters)
    {
        var request = exchange.Request;
        var isChange = request.Method is not (RequestMethod.Get or RequestMethod.Head);
        if (isChange && CheckOrigin(exchange, "publish") is { } forbidden) return new(forbidden);
        if (!authenticator.IsConfigured) return new(Identity.Anonymous);
        if (RequestCredential.Read(request, parameters, _cookie, out var credential) is { } unclear) return new(unclear);
        if (!credential.IsGiven) return new(Identity.Anonymous);
        if (isChange && credential.IsAmbient && !ComesFromOwnPage(exchange))
        {
            const string detail = "A cookie is accepted for changes only from pages of a listed origin; "
                + "send Origin and list it in Cors:AllowedOrigins, or use Authorization.";
            return new(new Problem(ProblemCode.OriginNotAllowed, detail));
        }

        if (credential.IsAmbient && CookieHeader.TryGet(request, _cookie, skipped: 1, out _)) return AuthenticateCookiesAsync(request);
        var result = authenticator.AuthenticateAsync(credential.Value);
        return result.IsCompletedSuccessfully ? new(ToResult(result.Result)) : WaitAsync(result);
    }

    /// <summary>Identifies the sender of a publish, and the topics that the sender may publish to.</summary>
    public ValueTask<AuthorizationResult> AuthorizePublisherAsync(HttpExchange exchange, RequestParameters parameters)
    {
        var result = AuthorizeAsync(exchange, parameters);
        return result.IsCompletedSuccessfully ? new(GrantTopics(result.Result, exchange)) : WaitAsync(result, exchange);
    }

    /// <summary>Returns what forbids reading metrics, which cover everyone's streams; null if nothing does.</summary>
    public async ValueTask<Problem?> CheckMetricsAsync(HttpExchange exchange, RequestParameters parameters)
    {
        if (CheckOrigin(exchange, "read metrics") is { } forbidden) return forbidden;
        var (caller, refusal) = await AuthorizeAsync(exchange, parameters);
        if (refusal is not null) return refusal;
        if (options.HasOpenMetrics || MayAdminister(exchange, caller)) return null;
        return RefuseAdministration(exchange, caller, "The /metrics page", " To open it to everyone, set Metrics:Open=true.");
    }

    /// <summary>Identifies the sender of a request to <c>/admin/</c>; refuses everyone but operators and their pages.</summary>
    public async ValueTask<AuthorizationResult> AuthorizeAdminAsync(HttpExchange exchange, RequestParameters parameters)
    {
        if (CheckOrigin(exchange, "use /admin") is { } forbidden) return forbidden;
        var result = await AuthorizeAsync(exchange, parameters);
        if (result.Refusal is not null || MayAdminister(exchange, result.Caller)) return result;
        return RefuseAdministration(exchange, result.Caller, "The /admin API", "");
    }

    /// <summary>
    /// Returns whether a request for something public comes from an operator, who gets more. A credential that is not accepted counts as
    /// none here.
    /// </summary>
    public async ValueTask<bool> IsOperatorAsync(HttpExchange exchange, RequestParameters parameters)
    {
        if (CheckOrigin(exchange, "see more") is not null) return false;
        var (caller, refusal) = await AuthorizeAsync(exchange, parameters);
        return refusal is null && MayAdminister(exchange, caller);
    }

    /// <summary>Returns the response to a credential that is not accepted.</summary>
    public static Problem Explain(AuthFailure failure)
    {
        var detail = AuthFailures.Explain(failure);
        return failure == AuthFailure.KeysUnavailable
            ? Problem.ForNow(ProblemCode.KeysUnavailable, detail)
            : new Problem(failure == AuthFailure.Expired ? ProblemCode.TokenExpired : ProblemCode.InvalidCredential, detail)
            {
                Challenge = "invalid_token",
            };
    }

    // A browser sends a cookie twice if it was set for two paths or domains, and one of the two may be stale: the first valid one counts.
    private async ValueTask<AuthorizationResult> AuthenticateCookiesAsync(RequestHead request)
    {
        var first = await AuthenticateCookie(request, 0);
        for (var i = 1; !first.IsAccepted && i < MaxCookies && CookieHeader.TryGet(request, _cookie, i, out _); i++)
        {
            var next = await AuthenticateCookie(request, i);
            if (next.IsAccepted) return ToResult(next);
        }

        return ToResult(first);
    }

    private ValueTask<AuthResult> AuthenticateCookie(RequestHead request, int index)
    {
        CookieHeader.TryGet(request, _cookie, index, out var value);
        return authenticator.AuthenticateAsync(value);
    }

    private static AuthorizationResult ToResult(AuthResult result) => result.IsAccepted ? result.Identity : Explain(result.Failure);

    private static async ValueTask<AuthorizationResult> WaitAsync(ValueTask<AuthResult> result) => ToResult(await result);

    private async ValueTask<AuthorizationResult> WaitAsync(ValueTask<AuthorizationResult> result, HttpExchange exchange)
        => GrantTopics(await result, exchange);

    private AuthorizationResult GrantTopics(AuthorizationResult result, HttpExchange exchange)
    {
        if (result.Refusal is not null) return result;
        // Whatever anonymous clients may do, the holder of a credential may do.
        if (options.AllowAnonymousPublish == true) return result with { Topics = TopicPatterns.Everything };
        if (!result.Caller.IsAnonymous)
        {
            return result.Caller.Publish.IsEmpty
                ? Problem.BeyondGrant("This key or token is not allowed to publish to any topic; use one that grants publish.")
                : result with { Topics = result.Caller.Publish };
        }

        if (options.AllowAnonymousPublish is not null || authenticator.IsConfigured || !options.IsLoopbackOnly
            || options.AllowedHosts.Count > 0)
        {
            const string detail = "Publishing needs a key or token; "
                + "send Authorization: Bearer with a key from Auth:PublishKeys or Auth:Keys, or with a token that Auth:Jwt accepts.";
            return new Problem(401, detail);
        }

        if (RequestOrigins.CameThroughProxy(exchange))
        {
            const string detail = "Publishing without a key is not allowed through a proxy or over HTTP/1.0; set Auth:PublishKeys, "
                + "or Auth:AllowAnonymousPublish=true.";
            return new Problem(ProblemCode.ProxyNotAllowed, detail);
        }

        return result with { Topics = TopicPatterns.Everything };
    }

    // Pages of loopback origins belong to the visitor's machine. They are this machine's own only if the visitor is at this machine;
    // otherwise they are pages like any other and must be listed.
    private Problem? CheckOrigin(HttpExchange exchange, string what)
    {
        var request = exchange.Request;
        if (request.CountHeaders("Origin"u8) > 1) return Problem.BadRequest("The request has more than one Origin field; send one.");
        if (!request.TryGetHeader("Origin"u8, out var origin) || cors.Lists(origin)) return null;
        if (LoopbackNames.ContainsOrigin(origin) && RequestOrigins.IsDirect(exchange)) return null;
        return new(ProblemCode.OriginNotAllowed, $"Pages from this origin may not {what}; list the origin by name in Cors:AllowedOrigins.");
    }

    private bool MayAdminister(HttpExchange exchange, Identity caller)
        => caller.IsAdmin || (!NeedsAdmin(exchange) && RequestOrigins.IsDirect(exchange));

    // A server with none of these is used by one person, on that person's own machine. Each of them means that others use it too, and then
    // a request that looks as if it came from this machine may be anyone's: a proxy here that adds nothing to the requests it forwards
    // cannot be told from a program.
    private bool NeedsAdmin(HttpExchange exchange)
        => authenticator.IsConfigured || !options.IsLoopbackOnly || options.AllowedHosts.Count > 0 || exchange.HasTrustedProxies;

    private Problem RefuseAdministration(HttpExchange exchange, Identity caller, string what, string alternative)
    {
        const string key = "Auth:Keys:NAME:Admin=true";
        if (!NeedsAdmin(exchange))
        {
            return new(ProblemCode.ProxyNotAllowed, $"{what} cannot be used through a proxy or over HTTP/1.0 without a credential; "
                + $"set up a key with admin rights ({key}).{alternative}");
        }

        return caller.IsAnonymous
            ? new(401, $"{what} needs admin rights; send Authorization: Bearer with a key that has {key}, "
                + $"or with a token that grants admin.{alternative}")
            : Problem.BeyondGrant($"This key or token has no admin rights; use one that has.{alternative}");
    }

    // The browser adds a cookie to any page's requests, so here the page must be known: a form of another site posts text/plain without a
    // preflight. A server on loopback trusts pages on the visitor's loopback, and no other server does.
    private bool ComesFromOwnPage(HttpExchange exchange)
    {
        var request = exchange.Request;
        if (!request.TryGetHeader("Origin"u8, out var origin)) return RequestOrigins.IsSameOrigin(request, orSite: false, ifSilent: false);
        if (cors.Lists(origin)) return true;
        return options.IsLoopbackOnly && RequestOrigins.IsDirect(exchange)
            && RequestOrigins.IsSameOrigin(request, orSite: true, ifSilent: true);
    }

    // A name with a trailing dot is the same name, written as absolute (RFC 1034 section 3.1).
    private bool IsListed(ReadOnlySpan<byte> host)
    {
        if (_hosts.Count == 0) return false;
        var name = LoopbackNames.WithoutPort(host);
        if (name.EndsWith("."u8)) name = name[..^1];
        return _hosts.Contains(Encoding.ASCII.GetString(name));
    }
}
