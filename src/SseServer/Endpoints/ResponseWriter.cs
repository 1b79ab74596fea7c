using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>Writes responses: every one, refusals too, carries the CORS fields and <c>nosniff</c>, and is counted.</summary>
internal sealed class ResponseWriter(CorsPolicy cors, EndpointMetrics metrics)
{
    // Leaves apostrophes as they are: the texts are our own, and nosniff keeps browsers from reading them as markup.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public CorsPolicy Cors { get; } = cors;

    public EndpointMetrics Metrics { get; } = metrics;

    public void Send(HttpExchange exchange, int status, ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> body)
    {
        Start(exchange, status);
        exchange.EndReply(contentType, body);
    }

    /// <summary>Sends JSON, with a line end after it, so that a terminal's prompt follows on a line of its own.</summary>
    public void SendJson(HttpExchange exchange, int status, ReadOnlySpan<byte> json)
        => Send(exchange, status, MediaType.Json, [.. json, (byte)'\n']);

    /// <summary>Starts a response with the fields that all responses have.</summary>
    public void Start(HttpExchange exchange, int status) => Start(exchange, status, "no-store"u8);

    /// <summary>Starts a response that caches may keep as a value of Cache-Control says.</summary>
    public void Start(HttpExchange exchange, int status, ReadOnlySpan<byte> cacheControl)
    {
        exchange.StartReply(status);
        Metrics.CountResponse(status);
        Cors.Write(exchange.Connection.Output, exchange.Request);
        exchange.Header("X-Content-Type-Options"u8, "nosniff"u8);
        exchange.Header("Cache-Control"u8, cacheControl);
    }

    /// <summary>Responds to OPTIONS.</summary>
    public void Allow(HttpExchange exchange, ReadOnlySpan<byte> methods)
    {
        Start(exchange, 204);
        exchange.Header("Allow"u8, methods);
        Cors.WritePreflight(exchange.Connection.Output, exchange.Request);
        exchange.EndReply();
    }

    public void Refuse(HttpExchange exchange, Problem problem)
    {
        Metrics.CountRefusal(problem.Limit);
        var json = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(json, Readable))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, problem.Code.Type);
            writer.WriteString("title"u8, problem.Code.Title);
            writer.WriteNumber("status"u8, problem.Status);
            writer.WriteString("code"u8, problem.Code.Text);
            writer.WriteString("detail"u8, problem.Detail);
            if (problem.Line > 0) writer.WriteNumber("line"u8, problem.Line);
            if (problem.LastId is not null) writer.WriteString("lastId"u8, problem.LastId);
            writer.WriteEndObject();
        }

        json.Write("\n"u8);
        Start(exchange, problem.Status);
        if (problem.Allow is not null) exchange.Header("Allow"u8, Encoding.ASCII.GetBytes(problem.Allow));
        if (problem.RetryAfterSeconds > 0) exchange.Header("Retry-After"u8, problem.RetryAfterSeconds);
        problem.Rate?.Write(exchange);
        if (problem.Challenge is not null) exchange.Header("WWW-Authenticate"u8, ComposeChallenge(problem.Challenge, problem.Detail));
        else if (problem.Status == 401) exchange.Header("WWW-Authenticate"u8, "Bearer"u8);
        exchange.EndReply("application/problem+json"u8, json.WrittenSpan);
    }

    // RFC 6750 section 3: the description is ASCII without quotes and backslashes.
    private static byte[] ComposeChallenge(string error, string description)
        => Encoding.ASCII.GetBytes($"Bearer error=\"{error}\", error_description=\"{description}\"");
}
