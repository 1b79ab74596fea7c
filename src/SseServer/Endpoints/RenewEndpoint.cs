using System.Buffers;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// <c>POST /streams/HANDLE</c> with a fresh token: the stream of that handle continues with it. The handle is sent in the stream itself, so
/// only its subscriber has it. It is a name and not a key, so the token must be of the same subject. Not under <c>/events</c>, where the
/// handle would be a topic.
/// </summary>
internal sealed class RenewEndpoint(RequestAuthorizer authorizer, RenewableStreams streams, ResponseWriter responses)
{
    /// <summary>The beginning of the paths that this endpoint serves.</summary>
    public static ReadOnlySpan<byte> Root => "/streams/"u8;

    public async ValueTask HandleAsync(HttpExchange exchange)
    {
        var parameters = new RequestParameters();
        if (parameters.Read(exchange.Request) is { } broken)
        {
            responses.Refuse(exchange, Problem.BadRequest(broken));
            return;
        }

        var (caller, problem) = await authorizer.AuthorizeAsync(exchange, parameters);
        if (problem is null && caller.IsAnonymous)
        {
            const string detail = "Renewing a stream needs a fresh token; "
                + "send it in Authorization: Bearer, in access_token=, or in the cookie for it.";
            problem = new(401, detail);
        }

        var stream = StreamHandle.TryParse(parameters.Path[Root.Length..], out var handle) ? streams.Find(handle) : null;
        problem ??= stream is null ? RenewableStream.NotFound() : stream.Renew(caller);
        if (problem is not null)
        {
            responses.Refuse(exchange, problem);
            return;
        }

        var json = new ArrayBufferWriter<byte>(128);
        stream!.WriteJson(json, caller.Expires!.Value);
        responses.SendJson(exchange, 200, json.WrittenSpan);
    }
}
