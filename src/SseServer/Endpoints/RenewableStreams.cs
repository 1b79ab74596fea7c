using System.Collections.Concurrent;
using SseServer.Auth;
using SseServer.Catalog;

namespace SseServer.Endpoints;

/// <summary>The running streams that end when a token expires, by their handles. Safe on any thread.</summary>
internal sealed class RenewableStreams(AccessPolicy policy, TimeSpan notice)
{
    private readonly ConcurrentDictionary<StreamHandle, RenewableStream> _streams = new();

    /// <summary>Returns a problem if the caller may not read all of the selectors.</summary>
    public Problem? CheckGrant(Identity caller, IReadOnlyList<Selector> selectors)
    {
        foreach (var selector in selectors)
            if (!policy.MaySubscribe(caller, selector.Text)) return Refuse(caller);
        return null;
    }

    /// <summary>Returns the renewable part of a new stream; null if the caller's credential does not expire.</summary>
    public RenewableStream? Begin(Identity caller, IReadOnlyList<Selector> selectors)
        => caller.Expires is null ? null : new RenewableStream(this, StreamHandle.Create(), caller, selectors, notice);

    public RenewableStream? Find(StreamHandle handle) => _streams.GetValueOrDefault(handle);

    internal void Add(RenewableStream stream) => _streams[stream.Handle] = stream;

    internal void Remove(RenewableStream stream) => _streams.TryRemove(stream.Handle, out _);

    private static Problem Refuse(Identity caller)
    {
        const string needed = "Reading this needs a key or token; send it in Authorization: Bearer, in access_token=, "
            + "or in the cookie for it.";
        const string beyond = "This key or token is not allowed to read all of these topics; "
            + "name only topics and patterns that one of its patterns covers completely.";
        return caller.IsAnonymous ? new(401, needed) : Problem.BeyondGrant(beyond);
    }
}
