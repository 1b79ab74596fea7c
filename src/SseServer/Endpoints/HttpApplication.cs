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
    private readonly List<Meter> _meters;
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

    /// <summary>Adds a meter to <c>/metrics</c>. Only before the first request.</summary>
    public void Expose(Meter meter) => _meters.Add(meter);

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
        if (IsEvents(request.Path)) return HandleEvents(exchange);
        if (request.Path.StartsWith(RenewEndpoint.Root)) return HandleRenewal(exchange);
        return request.Path.StartsWith(AdminEndpoint.Root) ? _admin.HandleAsync(exchange) : HandleOther(exchange);
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

    // Compared before percent-decoding: with an escape in it the path is another resource, which does not exist.
    private static bool IsEvents(ReadOnlySpan<byte> path) => path.SequenceEqual("/events"u8) || path.StartsWith("/events/"u8);

    private ValueTask HandleEvents(HttpExchange exchange)
    {
        switch (exchange.Request.Method)
        {
            case RequestMethod.Post or RequestMethod.Delete:
                return _publish.HandleAsync(exchange);
            case RequestMethod.Get or RequestMethod.Head:
                var parameters = new RequestParameters();
                return parameters.Read(exchange.Request) is { } broken
                    ? Refuse(exchange, Problem.BadRequest(broken))
                    : _subscribe.HandleAsync(exchange, parameters);
            case RequestMethod.Options:
                return SendOptions(exchange, "GET, HEAD, POST, DELETE, OPTIONS"u8);
            default:
                const string detail = "The method is not allowed here; use GET to subscribe, POST to publish or DELETE to delete a topic.";
                return Refuse(exchange, new(405, detail) { Allow = "GET, HEAD, POST, DELETE, OPTIONS" });
        }
    }

    private ValueTask HandleRenewal(HttpExchange exchange) => exchange.Request.Method switch
    {
        RequestMethod.Post => _renew.HandleAsync(exchange),
        RequestMethod.Options => SendOptions(exchange, "POST, OPTIONS"u8),
        _ => Refuse(exchange, new(405, "The method is not allowed here; use POST with a fresh token to renew a stream.")
        {
            Allow = "POST, OPTIONS",
        }),
    };

    private ValueTask HandleOther(HttpExchange exchange)
    {
        var request = exchange.Request;
        var isMetrics = request.Path.SequenceEqual("/metrics"u8);
        if (!isMetrics && !request.Path.SequenceEqual("/"u8) && !request.Path.SequenceEqual("/healthz"u8))
        {
            return Refuse(exchange,
                new(404, "There is no such resource; events are under /events, and the state of the server is at /healthz."));
        }

        return request.Method switch
        {
            RequestMethod.Get or RequestMethod.Head when isMetrics => SendMetricsAsync(exchange),
            RequestMethod.Get or RequestMethod.Head => request.Path.Length == 1 ? SendPage(exchange) : SendHealthAsync(exchange),
            RequestMethod.Options => SendOptions(exchange, "GET, HEAD, OPTIONS"u8),
            _ => Refuse(exchange, new(405, "The method is not allowed here; use GET.") { Allow = "GET, HEAD, OPTIONS" }),
        };
    }

    private ValueTask RefuseOverLimit(HttpExchange exchange)
    {
        if (exchange.Connection.IsOverAddressLimit) _refusals.Refuse(exchange, LimitKind.ConnectionsPerAddress, 429);
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
        _responses.Send(exchange, _subscribe.IsDraining ? 503 : 200, "application/json"u8, Encoding.ASCII.GetBytes(json));
    }

    private async ValueTask SendMetricsAsync(HttpExchange exchange)
    {
        var parameters = new RequestParameters();
        var problem = parameters.Read(exchange.Request) is { } broken
            ? Problem.BadRequest(broken)
            : await _authorizer.CheckMetricsAsync(exchange, parameters);
        if (problem is not null) _responses.Refuse(exchange, problem);
        else _responses.Send(exchange, 200, MetricsText.ContentType, Encoding.UTF8.GetBytes(MetricsText.Read(_meters)));
    }

    private ValueTask SendPage(HttpExchange exchange)
    {
        _responses.Start(exchange, 200);
        exchange.Header("Content-Security-Policy"u8, WebPage.ContentSecurityPolicy);
        exchange.Header("Referrer-Policy"u8, "no-referrer"u8);
        exchange.EndReply("text/html; charset=utf-8"u8, WebPage.Bytes);
        return default;
    }
}
