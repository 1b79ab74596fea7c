using System.Collections.Concurrent;
using SseServer.Auth;
using SseServer.Catalog;

namespace SseServer.Endpoints;

/// <summary>The running streams that end when a token does, by their handles. Safe on any thread.</summary>
internal sealed class RenewableStreams(AccessPolicy policy, TimeSpan notice)
{
    private readonly ConcurrentDictionary<StreamHandle, RenewableStream> _streams = new();

    public int Count => _streams.Count;

    /// <summary>A problem where the caller may not read all of the selectors.</summary>
    public Problem? CheckGrant(Identity caller, IReadOnlyList<Selector> selectors)
    {
        foreach (var selector in selectors)
        {
            if (policy.MaySubscribe(caller, selector.Text)) continue;
            return caller.IsAnonymous
                ? new(401, "Reading this needs a key or token; send it in Authorization: Bearer, in access_token=, or in the cookie for it.")
                : Problem.BeyondGrant("This key or token is not allowed to read all of these topics; name only topics and patterns that one of its patterns covers completely.");
        }

        return null;
    }

    /// <summary>What a stream of the caller's needs to end with its token; null where the caller's credential does not expire.</summary>
    public RenewableStream? Begin(Identity caller, IReadOnlyList<Selector> selectors)
        => caller.Expires is null ? null : new RenewableStream(this, StreamHandle.Create(), caller, selectors, notice);

    public RenewableStream? Find(StreamHandle handle) => _streams.GetValueOrDefault(handle);

    internal void Add(RenewableStream stream) => _streams[stream.Handle] = stream;

    internal void Remove(RenewableStream stream) => _streams.TryRemove(stream.Handle, out _);
}
