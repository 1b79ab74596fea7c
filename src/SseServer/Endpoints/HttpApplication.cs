using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using SseServer.Auth;
using SseServer.History;
using SseServer.Hub;
using SseServer.Protocol.Http;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>Connects HTTP with the hub: routes each request to its endpoint.</summary>
internal sealed class HttpApplication : IHttpApplication, IDisposable
{
    private readonly EventHub _hub;
    private readonly EndpointMetrics _metrics;
    private Meter[] _meters;
    private readonly ResponseWriter _responses;
    private readonly StreamRefusals _refusals;
    private readonly RequestAuthorizer _authorizer;
    private readonly SubscribeEndpoint _subscribe;
    private readonly PublishEndpoint _publish;
    private readonly RenewEndpoint _renew;
    private readonly AdminEndpoint _admin;
    private readonly ILogger<HttpApplication> _logger;

    public HttpApplication(EventHub hub, EndpointOptions options, AuthOptions auth, Authenticator authenticator, ILoggerFactory loggers)
    {
        _hub = hub;
        _logger = loggers.CreateLogger<HttpApplication>();
        hub.Faulted += exception => EndpointLog.HubFaulted(_logger, exception);
        var cors = new CorsPolicy(options);
        _metrics = new EndpointMetrics(hub.Time, _logger);
        _meters = [hub.Meter, _metrics.Meter, authenticator.Meter];
        _responses = new ResponseWriter(cors, _metrics);
        _refusals = new StreamRefusals(hub, _responses, options.TruncatesTemporaryEnd);
        _authorizer = new RequestAuthorizer(options, cors, authenticator);
        var streams = new RenewableStreams(new AccessPolicy(auth.ProtectedTopics), options.ExpiryNotice);
        var logger = loggers.CreateLogger<SubscribeEndpoint>();
        _subscribe = new SubscribeEndpoint(hub, options, _authorizer, streams, _responses, _refusals, logger);
        Bodies = new BodyMemory(options.Limits.MaxBodyMemory, options.Limits.MaxBodyMemoryPerClient, hub.Time);
        _publish = new PublishEndpoint(hub, options, _authorizer, _responses, Bodies);
        _renew = new RenewEndpoint(_authorizer, streams, _responses);
        _admin = new AdminEndpoint(hub, _authorizer, _responses, loggers.CreateLogger<AdminEndpoint>());
    }

    /// <summary>The memory that the bodies of requests hold.</summary>
    public BodyMemory Bodies { get; }

    /// <summary>
    /// From now on new subscribers and publishers are told to retry later, and health checks that the server is shutting down.
    /// </summary>
    public void BeginDrain()
    {
        _subscribe.IsDraining = true;
        _publish.BeginDrain();
    }

    /// <summary>Adds a meter to <c>/metrics</c>. One caller at a time.</summary>
    public void Expose(Meter meter) => Volatile.Write(ref _meters, [.. _meters, meter]);

    /// <summary>Takes a meter out of <c>/metrics</c>. One caller at a time.</summary>
    public void Withdraw(Meter meter) => Volatile.Write(ref _meters, [.. _meters.Where(other => other != meter)]);

    public ValueTask HandleAsync(HttpExchange exchange)
    {
        var request = exchange.Request;
        if (exchange.IsOverLimit) return RefuseOverLimit(exchange);
        if (_authorizer.CheckHost(request) is { } wrongHost) return Refuse(exchange, wrongHost);
        // RFC 9110 section 9.1: 501 for a method that is not recognised, or like TRACE not implemented by any resource.
        if (request.Method is RequestMethod.Other or RequestMethod.Trace)
            return Refuse(exchange, new(501, "The method is not supported; use GET, HEAD, POST, DELETE or OPTIONS, in capital letters."));
        if (request.Method == RequestMethod.Options && request.TargetForm == RequestTargetForm.Asterisk)
            return SendOptions(exchange, "GET, HEAD, POST, DELETE, OPTIONS"u8);
        if (Route.Of(request.Path) is not { } route)
        {
            return Refuse(exchange,
                new(404, "There is no such resource; events are under /events, and /openapi.json lists every resource."));
        }

        if (request.Method == RequestMethod.Options) return SendOptions(exchange, route.Allow);
        if (!route.Takes(request.Method)) return Refuse(exchange, route.RefuseMethod());
        return route.Resource switch
        {
            Resources.Events => HandleEvents(exchange),
            Resources.Stream => _renew.HandleAsync(exchange),
            Resources.Shed or Resources.Topics or Resources.Nodes => _admin.HandleAsync(exchange),
            Resources.Health => SendHealthAsync(exchange),
            Resources.Live => SendProbe(exchange, isOk: true, "live"),
            Resources.Ready => SendProbe(exchange, IsReady, IsReady ? "ready" : _subscribe.IsDraining ? "draining" : "history"),
            Resources.Metrics => SendMetricsAsync(exchange),
            Resources.OpenApi => SendOpenApi(exchange),
            Resources.Errors => SendPage(exchange, ErrorsPage.ContentSecurityPolicy, ErrorsPage.Bytes),
            Resources.Client => SendClientFile(exchange, ClientFile.Of(route.Path)),
            _ => SendPage(exchange, WebPage.ContentSecurityPolicy, WebPage.Bytes),
        };
    }

    public ValueTask RejectAsync(HttpExchange exchange, RequestRejection rejection)
    {
        EndpointLog.RequestRefused(_logger, exchange.Connection.Id, rejection);
        return Refuse(exchange, Problem.Of(rejection));
    }

    public void Dispose()
    {
        _publish.Dispose();
        _metrics.Dispose();
    }

    // A history that cannot be written does not make the server unhealthy: reading still works, and a restart would find the same disk.
    private string History => _hub.HistoryState switch
    {
        null => "memory",
        HistoryState.Ok => "ok",
        HistoryState.Full => "full",
        HistoryState.Missing => "missing",
        HistoryState.Damaged => "damaged",
        _ => "unavailable",
    };

    private ValueTask HandleEvents(HttpExchange exchange)
    {
        if (exchange.Request.Method is RequestMethod.Post or RequestMethod.Delete) return _publish.HandleAsync(exchange);
        var parameters = new RequestParameters();
        return parameters.Read(exchange.Request) is { } broken
            ? Refuse(exchange, Problem.BadRequest(broken))
            : _subscribe.HandleAsync(exchange, parameters);
    }

    private ValueTask RefuseOverLimit(HttpExchange exchange)
    {
        if (exchange.Connection.IsOverAddressLimit) _refusals.Refuse(exchange, LimitKind.ConnectionsPerAddress);
        else _refusals.Refuse(exchange, LimitKind.Connections);
        return default;
    }

    private ValueTask Refuse(HttpExchange exchange, Problem problem)
    {
        _responses.Refuse(exchange, problem);
        return default;
    }

    private ValueTask SendOptions(HttpExchange exchange, ReadOnlySpan<byte> allow)
    {
        _responses.Allow(exchange, allow);
        return default;
    }

    // Anyone may ask whether the server is healthy; its counts, and when something was last published, are for operators.
    private async ValueTask SendHealthAsync(HttpExchange exchange)
    {
        var parameters = new RequestParameters();
        var isOperator = parameters.Read(exchange.Request) is null && await _authorizer.IsOperatorAsync(exchange, parameters);
        var state = _subscribe.IsDraining ? "draining" : "ok";
        var json = isOperator
            ? string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"status":"{{state}}","streams":{{_hub.Streams}},"topics":{{_hub.TopicCount}},"""
                + $$"""
                "historyBytes":{{_hub.HistoryBytes}},"history":"{{History}}","head":"{{_hub.Head}}"}
                """)
            : $$"""{"status":"{{state}}","history":"{{History}}"}""";
        _responses.SendJson(exchange, _subscribe.IsDraining ? 503 : 200, Encoding.ASCII.GetBytes(json));
    }

    // Not while the store is away: then publishing is refused, and other servers can take the clients. A full disk stays full until
    // somebody publishes, and other servers would fare no better.
    private bool IsReady => !_subscribe.IsDraining && _hub.HistoryState is not (HistoryState.Unavailable or HistoryState.Missing);

    private ValueTask SendProbe(HttpExchange exchange, bool isOk, string status)
    {
        _responses.SendJson(exchange, isOk ? 200 : 503, Encoding.ASCII.GetBytes($$"""{"status":"{{status}}"}"""));
        return default;
    }

    private async ValueTask SendMetricsAsync(HttpExchange exchange)
    {
        var parameters = new RequestParameters();
        var problem = parameters.Read(exchange.Request) is { } broken
            ? Problem.BadRequest(broken)
            : await _authorizer.CheckMetricsAsync(exchange, parameters);
        if (problem is not null) _responses.Refuse(exchange, problem);
        else _responses.Send(exchange, 200, MetricsText.ContentType, Encoding.UTF8.GetBytes(MetricsText.Read(Volatile.Read(ref _meters))));
    }

    private ValueTask SendPage(HttpExchange exchange, ReadOnlySpan<byte> policy, ReadOnlySpan<byte> page)
    {
        _responses.Start(exchange, 200);
        exchange.Header("Content-Security-Policy"u8, policy);
        exchange.Header("Referrer-Policy"u8, "no-referrer"u8);
        exchange.EndReply("text/html; charset=utf-8"u8, page);
        return default;
    }

    private ValueTask SendClientFile(HttpExchange exchange, ClientFile file)
    {
        file.Send(exchange, _responses);
        return default;
    }

    private ValueTask SendOpenApi(HttpExchange exchange)
    {
        _responses.Send(exchange, 200, MediaType.Json, OpenApiDocument.Bytes);
        return default;
    }
}
