using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using SseServer.Auth;
using SseServer.Hub;
using SseServer.Protocol.Http;
using SseServer.Publishing;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>Where HTTP meets the hub: routes each request to what answers it.</summary>
internal sealed class HttpApplication : IHttpApplication, IDisposable
{
    private readonly EventHub _hub;
    private readonly EndpointMetrics _metrics;
    private readonly List<Meter> _meters;
    private readonly ResponseWriter _responses;
    private readonly RequestAuthorizer _authorizer;
    private readonly RenewableStreams _streams;
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
        _metrics = new EndpointMetrics(new LimitCounters(hub.Time, _logger));
        _meters = [hub.Meter, _metrics.Meter, authenticator.Meter];
        _responses = new ResponseWriter(cors, _metrics);
        _authorizer = new RequestAuthorizer(options, cors, authenticator);
        _streams = new RenewableStreams(new AccessPolicy(auth.ProtectedTopics), options.ExpiryNotice);
        _subscribe = new SubscribeEndpoint(hub, options, _authorizer, _streams, _responses, loggers.CreateLogger<SubscribeEndpoint>());
        Bodies = new BodyMemory(options.Limits.MaxBodyMemory, options.Limits.MaxBodyMemoryPerClient, hub.Time);
        _publish = new PublishEndpoint(hub, options, _authorizer, _responses, Bodies);
        _renew = new RenewEndpoint(_authorizer, _streams, _responses);
        _admin = new AdminEndpoint(hub, _authorizer, _responses, loggers.CreateLogger<AdminEndpoint>());
    }

    /// <summary>What requests' bodies hold.</summary>
    public BodyMemory Bodies { get; }

    /// <summary>Streams that end with their token.</summary>
    public int RenewableStreamCount => _streams.Count;

    /// <summary>From now on subscribers and publishers of streams are told to come back later, and health checks that this server leaves.</summary>
    public void BeginDrain()
    {
        _subscribe.IsDraining = true;
        _publish.BeginDrain();
    }

    /// <summary>Adds a meter to <c>/metrics</c>; before the first request.</summary>
    public void Expose(Meter meter) => _meters.Add(meter);

    public ValueTask HandleAsync(HttpExchange exchange)
    {
        var request = exchange.Request;
        if (exchange.IsOverLimit) return RefuseOverLimit(exchange);
        if (_authorizer.CheckHost(request) is { } wrongHost) return Refuse(exchange, wrongHost);
        // RFC 9110 section 9.1: 501 for a method that is not recognised, or like TRACE served by no resource.
        if (request.Method is RequestMethod.Other or RequestMethod.Trace) return Refuse(exchange, new(501, "The method is not supported; use GET, HEAD, POST, DELETE or OPTIONS, in capital letters."));
        if (request.Method == RequestMethod.Options && request.TargetForm == RequestTargetForm.Asterisk) return ReplyOptions(exchange, "GET, HEAD, POST, DELETE, OPTIONS"u8);
        if (IsEvents(request.Path))
        {
            switch (request.Method)
            {
                case RequestMethod.Post:
                    return _publish.HandleAsync(exchange);
                case RequestMethod.Delete:
                    return _publish.HandleEndAsync(exchange);
                case RequestMethod.Get or RequestMethod.Head:
                    return SubscribeAsync(exchange);
                case RequestMethod.Options:
                    return ReplyOptions(exchange, "GET, HEAD, POST, DELETE, OPTIONS"u8);
                default:
                    return Refuse(exchange, new(405, "The method is not allowed here; use GET to subscribe, POST to publish or DELETE to end a topic.") { Allow = "GET, HEAD, POST, DELETE, OPTIONS" });
            }
        }

        if (request.Path.StartsWith(RenewEndpoint.Root))
        {
            return request.Method switch
            {
                RequestMethod.Post => _renew.HandleAsync(exchange),
                RequestMethod.Options => ReplyOptions(exchange, "POST, OPTIONS"u8),
                _ => Refuse(exchange, new(405, "The method is not allowed here; use POST with a fresh token to renew a stream.") { Allow = "POST, OPTIONS" }),
            };
        }

        if (request.Path.StartsWith(AdminEndpoint.Root)) return _admin.HandleAsync(exchange);
        var isMetrics = request.Path.SequenceEqual("/metrics"u8);
        if (!isMetrics && !request.Path.SequenceEqual("/"u8) && !request.Path.SequenceEqual("/healthz"u8))
            return Refuse(exchange, new(404, "There is no such resource; events are under /events, and the state of the server is at /healthz."));
        return request.Method switch
        {
            RequestMethod.Get or RequestMethod.Head when isMetrics => ReplyMetricsAsync(exchange),
            RequestMethod.Get or RequestMethod.Head => request.Path.Length == 1 ? ReplyPage(exchange) : ReplyHealthAsync(exchange),
            RequestMethod.Options => ReplyOptions(exchange, "GET, HEAD, OPTIONS"u8),
            _ => Refuse(exchange, new(405, "The method is not allowed here; use GET.") { Allow = "GET, HEAD, OPTIONS" }),
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

    // Where it cannot be written, reading still works, and another start would find the same disk: so the server is alive and takes requests.
    private string History => _hub.HistoryState switch
    {
        null => "memory",
        HistoryState.Ok => "ok",
        HistoryState.Full => "full",
        HistoryState.Missing => "missing",
        HistoryState.Damaged => "damaged",
        _ => "unavailable",
    };

    // The root is fixed text: an escape in it names another resource, which does not exist.
    private static bool IsEvents(ReadOnlySpan<byte> path) => path.SequenceEqual("/events"u8) || path.StartsWith("/events/"u8);

    private ValueTask SubscribeAsync(HttpExchange exchange)
    {
        var parameters = new RequestParameters();
        return parameters.Read(exchange.Request) is { } broken
            ? Refuse(exchange, Problem.BadRequest(broken))
            : _subscribe.HandleAsync(exchange, parameters);
    }

    private ValueTask RefuseOverLimit(HttpExchange exchange)
    {
        var (limit, status) = exchange.Connection.IsOverAddressLimit ? (LimitKind.ConnectionsPerAddress, 429) : (LimitKind.Connections, 503);
        _subscribe.RefuseForNow(exchange, limit, LimitNames.Explain(limit), status);
        return default;
    }

    private ValueTask Refuse(HttpExchange exchange, Problem problem)
    {
        _responses.Refuse(exchange, problem);
        return default;
    }

    private ValueTask ReplyOptions(HttpExchange exchange, ReadOnlySpan<byte> allow)
    {
        _responses.Allow(exchange, allow);
        return default;
    }

    // Whoever asks hears whether the server is well; how much there is, and when something was last published, is for operators.
    private async ValueTask ReplyHealthAsync(HttpExchange exchange)
    {
        var parameters = new RequestParameters();
        var isOperator = parameters.Read(exchange.Request) is null && await _authorizer.IsOperatorAsync(exchange, parameters);
        var state = _subscribe.IsDraining ? "draining" : "ok";
        var json = isOperator
            ? string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"status":"{{state}}","streams":{{_hub.SubscriptionCount}},"topics":{{_hub.TopicCount}},"""
                + $$"""
                "historyBytes":{{_hub.HistoryBytes}},"history":"{{History}}","head":"{{_hub.Head}}"}
                """)
            : $$"""{"status":"{{state}}","history":"{{History}}"}""";
        _responses.Send(exchange, _subscribe.IsDraining ? 503 : 200, "application/json"u8, Encoding.ASCII.GetBytes(json));
    }

    private async ValueTask ReplyMetricsAsync(HttpExchange exchange)
    {
        var parameters = new RequestParameters();
        var problem = parameters.Read(exchange.Request) is { } broken ? Problem.BadRequest(broken) : await _authorizer.CheckMetricsAsync(exchange, parameters);
        if (problem is not null) _responses.Refuse(exchange, problem);
        else _responses.Send(exchange, 200, MetricsText.ContentType, Encoding.UTF8.GetBytes(MetricsText.Read(_meters)));
    }

    private ValueTask ReplyPage(HttpExchange exchange)
    {
        _responses.Start(exchange, 200);
        exchange.Header("Content-Security-Policy"u8, WebPage.ContentSecurityPolicy);
        exchange.Header("Referrer-Policy"u8, "no-referrer"u8);
        exchange.EndReply("text/html; charset=utf-8"u8, WebPage.Bytes);
        return default;
    }
}
