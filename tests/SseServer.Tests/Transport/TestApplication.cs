using System.Buffers;
using System.Text;
using SseServer.Protocol.Http;
using SseServer.Transport;

namespace SseServer.Tests.Transport;

/// <summary>A small application that echoes bodies; a test adds handlers for anything else.</summary>
internal sealed class TestApplication : IHttpApplication
{
    /// <summary>By path. Other paths are echoed.</summary>
    public Dictionary<string, Func<HttpExchange, ValueTask>> Handlers { get; } = [];

    public ValueTask HandleAsync(HttpExchange exchange) =>
        Handlers.TryGetValue(Encoding.ASCII.GetString(exchange.Request.Path), out var handler) ? handler(exchange) : EchoAsync(exchange);

    public ValueTask RejectAsync(HttpExchange exchange, RequestRejection rejection)
    {
        exchange.StartReply(RequestRejections.StatusOf(rejection));
        exchange.EndReply("text/plain"u8, Encoding.ASCII.GetBytes(rejection.ToString()));
        return ValueTask.CompletedTask;
    }

    /// <summary>Replies with the path and the body: <c>/path:body</c>.</summary>
    private async ValueTask EchoAsync(HttpExchange exchange)
    {
        var text = new ArrayBufferWriter<byte>();
        text.Write(exchange.Request.Path);
        text.Write(":"u8);
        BodyReadResult read;
        do read = await exchange.Body.ReadAsync(text);
        while (read.Status == BodyReadStatus.Data);
        if (read.Status == BodyReadStatus.Aborted) return;
        if (read.Rejection != RequestRejection.None)
        {
            await RejectAsync(exchange, read.Rejection);
            return;
        }

        exchange.StartReply(200);
        exchange.EndReply("text/plain"u8, text.WrittenSpan);
    }
}
