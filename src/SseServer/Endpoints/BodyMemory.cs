using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// Bounds the bytes that the bodies of requests hold until their events are in the history: as received, decoded and encoded. If a body
/// needs more than there is, others are given up. Candidates are the bodies that have been read for longer than <see cref="Grace"/> or that
/// belong to a client which holds more; the one with the highest cost so far, bytes times the time they were held, goes first. So neither
/// one client nor a crowd of slow bodies can shut out a publisher that sends without pauses. Safe on any thread.
/// </summary>
/// <param name="max">The bound in bytes; 0 for none.</param>
/// <param name="maxPerClient">The bound for one client in bytes; 0 for none.</param>
/// <param name="time">Measures how long a body has held its bytes.</param>
internal sealed class BodyMemory(long max, long maxPerClient, TimeProvider time)
{
    /// <summary>
    /// Bytes of a body that are not counted: no more than the connection's own read buffer, so the bound on connections covers them. A
    /// shorter publish, which is nearly every one, takes no lock.
    /// </summary>
    public const int FreeBytes = 4 * 1024;

    /// <summary>How long a body may hold its bytes before it can be given up for others of its own client: 16 MB at 27 Mbit/s.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<ClientKey, Client> _clients = [];
    private long _held;

    /// <summary>The bodies of one client.</summary>
    internal sealed class Client(ClientKey key)
    {
        public ClientKey Key { get; } = key;

        public long Bytes { get; set; }

        public BodyHold? First { get; set; }
    }

    /// <summary>The bytes that are counted now.</summary>
    public long HeldBytes
    {
        get
        {
            lock (_gate) return _held;
        }
    }

    /// <summary>The most bytes that a single body may hold.</summary>
    public long MaxOfOne => Math.Min(max == 0 ? long.MaxValue : max, maxPerClient == 0 ? long.MaxValue : maxPerClient);

    /// <summary>
    /// Sets what a body holds, and gives up others if that is more than there is. Returns <see cref="LimitKind.None"/>, or the limit at
    /// which the body is refused, or at which it was given up in the meantime; in both cases it is no longer counted.
    /// </summary>
    /// <param name="hold">The account of the request.</param>
    /// <param name="owner">The client that sends the body.</param>
    /// <param name="bytes">All bytes that the request holds now.</param>
    /// <param name="body">The body while it is being read; null once it is complete.</param>
    public LimitKind TryHold(BodyHold hold, ClientKey owner, long bytes, RequestBody? body)
    {
        if (bytes <= FreeBytes) bytes = 0;
        if (bytes == 0 && !hold.HasCounted) return LimitKind.None;
        lock (_gate)
        {
            if (hold.GivenUpFor != LimitKind.None) return hold.GivenUpFor;
            hold.Body = body;
            if (bytes <= hold.Bytes)
            {
                ShrinkUnderLock(hold, bytes);
                return LimitKind.None;
            }

            if (!_clients.TryGetValue(owner, out var client)) client = new Client(owner);
            var refusal = MakeRoomUnderLock(client, hold, bytes);
            hold.HasCounted = true;
            if (refusal == LimitKind.None) GrowUnderLock(client, hold, bytes);
            else RefuseUnderLock(hold, refusal);
            return refusal;
        }
    }

    /// <summary>Ends the account at the end of the request; it can then be used for another one.</summary>
    public void Release(BodyHold hold)
    {
        if (!hold.HasCounted) return;
        lock (_gate)
        {
            ShrinkUnderLock(hold, 0);
            hold.GivenUpFor = LimitKind.None;
        }

        hold.HasCounted = false;
    }

    /// <summary>
    /// Gives up unfinished bodies when memory is short, those with the highest cost first, until so many bytes are free. Returns the
    /// number of bytes.
    /// </summary>
    public long GiveUp(long bytes)
    {
        var freed = 0L;
        lock (_gate)
        {
            while (freed < bytes && FindCostliestUnderLock(_clients.Values, static (_, _, _) => true, 0) is { } hold)
            {
                freed += hold.Bytes;
                GiveUpUnderLock(hold, LimitKind.Memory);
            }
        }

        return freed;
    }

    private LimitKind MakeRoomUnderLock(Client client, BodyHold hold, long bytes)
    {
        var more = bytes - hold.Bytes;
        if (bytes > MaxOfOne) return IsAbove(bytes, maxPerClient) ? LimitKind.BodyMemoryPerClient : LimitKind.BodyMemory;
        while (IsAbove(client.Bytes + more, maxPerClient))
        {
            if (!TryGiveUpUnderLock([client], client.Bytes + more, hold, LimitKind.BodyMemoryPerClient))
                return LimitKind.BodyMemoryPerClient;
        }

        while (IsAbove(_held + more, max))
        {
            if (!TryGiveUpUnderLock(_clients.Values, client.Bytes + more, hold, LimitKind.BodyMemory)) return LimitKind.BodyMemory;
        }

        return LimitKind.None;
    }

    private bool TryGiveUpUnderLock(IEnumerable<Client> among, long mine, BodyHold mineHold, LimitKind limit)
    {
        var costliest = FindCostliestUnderLock(among, (client, hold, age) => client.Bytes > mine || age >= Grace, 0);
        // If the body that asks for room is itself the costliest, it is refused.
        if (costliest is null || costliest == mineHold) return false;
        GiveUpUnderLock(costliest, limit);
        return true;
    }

    // Goes through all bodies: microseconds for each megabyte of the bound, and only when the bound is reached.
    private BodyHold? FindCostliestUnderLock(IEnumerable<Client> among, Func<Client, BodyHold, TimeSpan, bool> mayGo, double most)
    {
        BodyHold? costliest = null;
        foreach (var client in among)
        {
            for (var hold = client.First; hold is not null; hold = hold.Next)
            {
                var age = time.GetElapsedTime(hold.Since);
                // One second is added so that of those that have just begun the largest is chosen.
                var cost = hold.Bytes * (age.TotalSeconds + 1);
                if (hold.Body is null || cost <= most || !mayGo(client, hold, age)) continue;
                (costliest, most) = (hold, cost);
            }
        }

        return costliest;
    }

    // No longer counted from here on, although the memory is free only a moment later, when the request has noticed.
    private void GiveUpUnderLock(BodyHold hold, LimitKind limit)
    {
        var body = hold.Body!;
        RefuseUnderLock(hold, limit);
        body.GiveUp();
    }

    // Immediately, not at the end of the request: if several bodies reach the bound together, one is refused and not all of them.
    private void RefuseUnderLock(BodyHold hold, LimitKind limit)
    {
        hold.GivenUpFor = limit;
        ShrinkUnderLock(hold, 0);
    }

    private void GrowUnderLock(Client client, BodyHold hold, long bytes)
    {
        if (hold.Client is null)
        {
            if (client.First is null) _clients.Add(client.Key, client);
            else client.First.Previous = hold;
            (hold.Client, hold.Next, hold.Since) = (client, client.First, time.GetTimestamp());
            client.First = hold;
        }

        AddUnderLock(hold, bytes - hold.Bytes);
    }

    private void ShrinkUnderLock(BodyHold hold, long bytes)
    {
        if (hold.Client is not { } client) return;
        AddUnderLock(hold, bytes - hold.Bytes);
        if (bytes > 0) return;
        if (hold.Next is not null) hold.Next.Previous = hold.Previous;
        if (hold.Previous is not null) hold.Previous.Next = hold.Next;
        else client.First = hold.Next;
        if (client.First is null) _clients.Remove(client.Key);
        (hold.Client, hold.Next, hold.Previous, hold.Body) = (null, null, null, null);
    }

    private void AddUnderLock(BodyHold hold, long bytes)
    {
        hold.Bytes += bytes;
        hold.Client!.Bytes += bytes;
        _held += bytes;
    }

    private static bool IsAbove(long bytes, long bound) => bound > 0 && bytes > bound;
}
