using SseServer.Tests.Support;

namespace SseServer.Tests.Relay.Support;

/// <summary>A source whose streams the test writes byte by byte.</summary>
internal sealed class SourceServer : IAsyncDisposable
{
    public const string StreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

    private readonly TinyHttpServer _server = new();

    public Uri Url => new($"http://{_server.Authority}/feed?q=1");

    /// <inheritdoc cref="TinyHttpServer.HasCaller"/>
    public bool HasCaller => _server.HasCaller;

    /// <inheritdoc cref="TinyHttpServer.AcceptAsync"/>
    public Task<TinyHttpServer.Exchange> AcceptAsync() => _server.AcceptAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
