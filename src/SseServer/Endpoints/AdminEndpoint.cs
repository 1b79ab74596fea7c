using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.Hub;
using SseServer.Protocol.Http;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary><c>/admin/</c>: lets operators inspect and control a running server.</summary>
internal sealed class AdminEndpoint(
    EventHub hub, RequestAuthorizer authorizer, ResponseWriter responses, ILogger<AdminEndpoint> logger)
{
    // As long as a drain of ten seconds: half of what docker stop waits.
    private const int DefaultShedSeconds = 10;

    // The longest drain that can be set.
    private const int MaxShedSeconds = 300;

    // About 10 KB of JSON.
    private const int DefaultPage = 100;

    private const int MaxPage = 1000;

    /// <summary>The beginning of the paths that this endpoint serves.</summary>
    public static ReadOnlySpan<byte> Root => "/admin/"u8;

    private static ReadOnlySpan<byte> Json => "application/json"u8;

    public async ValueTask HandleAsync(HttpExchange exchange)
    {
        var request = exchange.Request;
        var isShed = request.Path.SequenceEqual("/admin/shed"u8);
        if (!isShed && !request.Path.SequenceEqual("/admin/topics"u8))
        {
            const string detail = "There is no such resource; "
                + "use POST /admin/shed to end a share of the streams, or GET /admin/topics to list topics.";
            responses.Refuse(exchange, new(404, detail));
            return;
        }

        var isServed = isShed ? request.Method == RequestMethod.Post : request.Method is RequestMethod.Get or RequestMethod.Head;
        if (!isServed)
        {
            RespondToOther(exchange, isShed ? "POST, OPTIONS" : "GET, HEAD, OPTIONS");
            return;
        }

        var parameters = new RequestParameters();
        var authorization = parameters.Read(request) is { } broken
            ? Problem.BadRequest(broken)
            : await authorizer.AuthorizeAdminAsync(exchange, parameters);
        // A hundred thousand topics take some milliseconds, and the thread that read the request has other sockets to serve.
        if (!isShed) await Task.Yield();
        var problem = authorization.Refusal
            ?? (isShed ? Shed(exchange, parameters, authorization) : ListTopics(exchange, parameters));
        if (problem is not null) responses.Refuse(exchange, problem);
    }

    private void RespondToOther(HttpExchange exchange, string allow)
    {
        const string detail = "The method is not allowed here; use POST for /admin/shed and GET for /admin/topics.";
        if (exchange.Request.Method == RequestMethod.Options) responses.Allow(exchange, Encoding.ASCII.GetBytes(allow));
        else responses.Refuse(exchange, new(405, detail) { Allow = allow });
    }

    private Problem? Shed(HttpExchange exchange, RequestParameters parameters, AuthorizationResult authorization)
    {
        if (!TryGetNumber(parameters, "percent"u8, 0, 1, 100, out var percent))
            return Problem.BadRequest("percent= must be a whole number from 1 to 100.");
        if (!TryGetNumber(parameters, "seconds"u8, DefaultShedSeconds, 0, MaxShedSeconds, out var seconds))
            return Problem.BadRequest("seconds= must be a whole number from 0 to 300.");
        if (!hub.Shedder.TryShed(percent, TimeSpan.FromSeconds(seconds), out var streams))
            return new(409, "The server is shutting down and is already ending all its streams; shed streams of another server.");
        EndpointLog.StreamsShed(logger, authorization.Caller.Name, exchange.ClientAddress, percent, streams, seconds);
        var json = string.Create(CultureInfo.InvariantCulture, $$"""{"streams":{{streams}},"seconds":{{seconds}}}""");
        responses.Send(exchange, 202, Json, Encoding.ASCII.GetBytes(json));
        return null;
    }

    private Problem? ListTopics(HttpExchange exchange, RequestParameters parameters)
    {
        if (!TryGetNumber(parameters, "limit"u8, DefaultPage, 1, MaxPage, out var limit))
            return Problem.BadRequest("limit= must be a whole number from 1 to 1000.");
        parameters.TryGet("prefix"u8, out var prefix);
        parameters.TryGet("after"u8, out var after);
        // One more than the page holds shows whether there is another page.
        var topics = TopicListing.List(hub.Catalog, prefix, after, limit + 1);
        // There are few patterns: all of them come with the first page.
        var patterns = after.IsEmpty ? TopicListing.Patterns(hub.Catalog) : null;
        responses.Send(exchange, 200, Json, TopicListJson.Write(topics, limit, patterns, prefix));
        return null;
    }

    // A default outside the range makes the parameter mandatory.
    private static bool TryGetNumber(RequestParameters parameters, ReadOnlySpan<byte> name, int @default, int min, int max, out int number)
    {
        number = @default;
        if (parameters.TryGet(name, out var text) && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            return false;
        return number >= min && number <= max;
    }
}
