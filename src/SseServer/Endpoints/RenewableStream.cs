using System.Buffers;
using System.Text.Json;
using SseServer.Auth;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Protocol.EventStream;

namespace SseServer.Endpoints;

/// <summary>
/// A stream that ends when its subscriber's token expires, unless the subscriber renews it in time. <c>event: auth-expiring</c> announces
/// the end and carries the handle for renewing. Safe on any thread.
/// </summary>
internal sealed class RenewableStream
{
    private readonly RenewableStreams _all;
    private readonly string _owner;
    private readonly IReadOnlyList<Selector> _selectors;
    private readonly TimeSpan _notice;
    private Subscription? _subscription;

    public RenewableStream(
        RenewableStreams all, StreamHandle handle, Identity caller, IReadOnlyList<Selector> selectors, TimeSpan notice)
    {
        (_all, Handle, _owner, _selectors, _notice) = (all, handle, caller.Name, selectors, notice);
        Lifetime = LifetimeOf(caller.Expires!.Value);
    }

    public StreamHandle Handle { get; }

    /// <summary>How long the stream lives with the token it began with.</summary>
    public StreamLifetime Lifetime { get; }

    /// <summary>The refusal to renew a stream that does not exist.</summary>
    public static Problem NotFound()
        => new(ProblemCode.StreamNotFound, "There is no such stream, or it has ended; open a new stream with the fresh token.");

    /// <summary>The stream begins: from now on its handle finds it.</summary>
    public void Open(Subscription subscription)
    {
        _subscription = subscription;
        _all.Add(this);
    }

    /// <summary>The stream has ended.</summary>
    public void End() => _all.Remove(this);

    /// <summary>Extends the stream to the expiry of the caller's token; returns a problem if that token is not for this stream.</summary>
    public Problem? Renew(Identity caller)
    {
        if (caller.Name != _owner || caller.Expires is not { } expires)
        {
            const string detail = "This credential is not a token for the sub of the stream; renew a stream with a token of the same sub.";
            return Problem.BeyondGrant(detail);
        }

        if (_all.CheckGrant(caller, _selectors) is { } beyond) return beyond;
        return _subscription!.TryProlong(LifetimeOf(expires)) ? null : NotFound();
    }

    /// <summary>Writes <c>{"expires":"2026-01-31T12:00:00Z","stream":"HANDLE"}</c>, the form of both notices and responses.</summary>
    public void WriteJson(IBufferWriter<byte> output, DateTimeOffset expires)
    {
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteString("expires"u8, expires.UtcDateTime);
        writer.WriteString("stream"u8, Handle.ToString());
        writer.WriteEndObject();
    }

    private StreamLifetime LifetimeOf(DateTimeOffset expires) => new(expires - _notice, expires, ComposeNotice(expires));

    private byte[] ComposeNotice(DateTimeOffset expires)
    {
        var json = new ArrayBufferWriter<byte>(128);
        WriteJson(json, expires);
        var block = new ArrayBufferWriter<byte>(192);
        EventName.TryCreate("auth-expiring"u8, out var name);
        EventStreamEncoder.Write(block, new ServerSentEvent { Name = name, Data = json.WrittenSpan, RetryMilliseconds = -1 });
        return block.WrittenSpan.ToArray();
    }
}
