using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.Hub;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary><c>/admin/shed</c>, <c>/admin/topics</c> and <c>/admin/nodes</c>: let operators inspect and control a running server.</summary>
internal sealed class AdminEndpoint(
    EventHub hub, RequestAuthorizer authorizer, ResponseWriter responses, ILogger<AdminEndpoint> logger)
{
    // As long as a drain of ten seconds: half of what docker stop waits.
    private static readonly TimeSpan DefaultShedTime = TimeSpan.FromSeconds(10);

    // The longest drain that can be set.
    private static readonly TimeSpan MaxShedTime = TimeSpan.FromSeconds(300);

    // About 10 KB of JSON.
    private const int DefaultPage = 100;

    private const int MaxPage = 1000;

    public async ValueTask HandleAsync(HttpExchange exchange)
    {
        var request = exchange.Request;
        var isShed = request.Path.SequenceEqual("/admin/shed"u8);
        var parameters = new RequestParameters();
        var authorization = parameters.Read(request) is { } broken
            ? Problem.BadRequest(broken)
            : await authorizer.AuthorizeAdminAsync(exchange, parameters);
        // A hundred thousand topics take some milliseconds, and the thread that read the request has other sockets to serve.
        if (!isShed) await Task.Yield();
        var problem = authorization.Refusal
            ?? (isShed ? await ShedAsync(exchange, parameters, authorization)
                : request.Path.SequenceEqual("/admin/nodes"u8) ? ListNodes(exchange, parameters)
                : ListTopics(exchange, parameters));
        if (problem is not null) responses.Refuse(exchange, problem);
    }

    private async ValueTask<Problem?> ShedAsync(HttpExchange exchange, RequestParameters parameters, AuthorizationResult authorization)
    {
        if (ReadShed(parameters, out var percent, out var time, out var isForAll) is { } problem) return problem;
        if (!isForAll) return Shed(exchange, authorization, percent, time);
        if (!await hub.Cluster!.ShedAsync(percent, time))
        {
            return new(ProblemCode.HistoryUnavailable,
                "The other servers cannot be told, because the database of the history does not answer; try again, or shed each server.");
        }

        EndpointLog.ShedForAll(logger, authorization.Caller.Name, exchange.ClientAddress, percent, time.TotalSeconds);
        var json = string.Create(CultureInfo.InvariantCulture,
            $$"""{"nodes":{{hub.Cluster.Nodes.Count}},"over":"{{DurationParameter.Format(time)}}"}""");
        responses.SendJson(exchange, 202, Encoding.ASCII.GetBytes(json));
        return null;
    }

    private Problem? ReadShed(RequestParameters parameters, out int percent, out TimeSpan time, out bool isForAll)
    {
        (percent, time, isForAll) = (0, DefaultShedTime, false);
        if (CheckNames(parameters, "percent"u8, "over"u8, "nodes"u8) is { } unknown) return unknown;
        if (!TryGetNumber(parameters, "percent"u8, 0, 1, 100, out percent))
            return Problem.BadRequest("percent= must be a whole number from 1 to 100.");
        if (parameters.TryGet("over"u8, out var over) && !(DurationParameter.TryParse(over, out time) && time <= MaxShedTime))
            return Problem.BadRequest("over= must be a time with a unit from 0s to 5m, such as 10s.");
        if (!parameters.TryGet("nodes"u8, out var nodes)) return null;
        isForAll = nodes.SequenceEqual("all"u8);
        if (!isForAll) return Problem.BadRequest("nodes= can only be all; leave it out to shed streams of this server.");
        return hub.Cluster is null
            ? Problem.BadRequest("nodes= is for servers that share a history (History:Url); leave it out to shed this server's streams.")
            : null;
    }

    private Problem? Shed(HttpExchange exchange, AuthorizationResult authorization, int percent, TimeSpan time)
    {
        if (!hub.Shedder.TryShed(percent, time, out var streams))
        {
            return new(ProblemCode.AlreadyDraining,
                "The server is shutting down and is already ending all its streams; shed streams of another server.");
        }

        EndpointLog.StreamsShed(logger, authorization.Caller.Name, exchange.ClientAddress, percent, streams, time.TotalSeconds);
        var json = string.Create(CultureInfo.InvariantCulture,
            $$"""{"streams":{{streams}},"over":"{{DurationParameter.Format(time)}}"}""");
        responses.SendJson(exchange, 202, Encoding.ASCII.GetBytes(json));
        return null;
    }

    private Problem? ListNodes(HttpExchange exchange, RequestParameters parameters)
    {
        for (var i = 0; i < parameters.Count; i++)
        {
            if (parameters.Name(i).SequenceEqual(RequestCredential.Parameter)) continue;
            return Problem.BadRequest("A query parameter is unknown; /admin/nodes has none.");
        }

        responses.SendJson(exchange, 200, NodeListJson.Write(hub));
        return null;
    }

    private Problem? ListTopics(HttpExchange exchange, RequestParameters parameters)
    {
        if (CheckNames(parameters, "prefix"u8, "after"u8, "limit"u8) is { } unknown) return unknown;
        if (!TryGetNumber(parameters, "limit"u8, DefaultPage, 1, MaxPage, out var limit))
            return Problem.BadRequest("limit= must be a whole number from 1 to 1000.");
        parameters.TryGet("prefix"u8, out var prefix);
        parameters.TryGet("after"u8, out var after);
        // One more than the page holds shows whether there is another page.
        var topics = TopicListing.List(hub.Catalog, prefix, after, limit + 1);
        // There are few patterns: all of them come with the first page.
        var patterns = after.IsEmpty ? TopicListing.Patterns(hub.Catalog) : null;
        responses.SendJson(exchange, 200, TopicListJson.Write(topics, limit, patterns, prefix));
        return null;
    }

    // Whoever administers a server should not have to guess whether a parameter was understood.
    private static Problem? CheckNames(
        RequestParameters parameters, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third = default)
    {
        for (var i = 0; i < parameters.Count; i++)
        {
            var name = parameters.Name(i);
            if (name.SequenceEqual("seconds"u8) && first.SequenceEqual("percent"u8))
                return Problem.BadRequest("seconds= is not a parameter; use over= with a unit, such as over=10s.");
            if (name.SequenceEqual(first) || name.SequenceEqual(second) || name.SequenceEqual(RequestCredential.Parameter)) continue;
            if (!third.IsEmpty && name.SequenceEqual(third)) continue;
            var names = third.IsEmpty
                ? $"{Encoding.ASCII.GetString(first)} and {Encoding.ASCII.GetString(second)}"
                : $"{Encoding.ASCII.GetString(first)}, {Encoding.ASCII.GetString(second)} and {Encoding.ASCII.GetString(third)}";
            return Problem.BadRequest($"A query parameter is unknown; use only the parameters {names}.");
        }

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
