using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// Bounds the bytes that requests' bodies hold before their events are in the history: as they arrived, decoded and encoded. Where one
/// body needs more than there is, others are given up: of those that have been read for longer than <see cref="Grace"/> or that belong to
/// a client which holds more, the one that has cost most so far, in bytes times the time that it held them. So neither one client nor a
/// crowd of slow bodies can keep out a publisher who sends what he has. Safe on any thread.
/// </summary>
/// <param name="max">Bytes in all; 0 is no bound.</param>
/// <param name="maxPerClient">Bytes of one client; 0 is no bound.</param>
/// <param name="time">Tells how long a body has held what it holds.</param>
internal sealed class BodyMemory(long max, long maxPerClient, TimeProvider time)
{
    /// <summary>
    /// Bytes of a body that do not count: no more than the connection's own read buffer, so the bound on connections holds for them too.
    /// A publish that is no longer, which is nearly every one, takes no lock.
    /// </summary>
    public const int FreeBytes = 4 * 1024;

    /// <summary>How long a body may hold its bytes before it has to make room for others of its own client: 16 MB at 27 Mbit/s.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<ClientKey, Client> _clients = [];
    private long _held;

    /// <summary>What the bodies of one client hold.</summary>
    internal sealed class Client(ClientKey key)
    {
        public ClientKey Key { get; } = key;

        public long Bytes { get; set; }

        public BodyHold? First { get; set; }
    }

    /// <summary>Bytes that count at present.</summary>
    public long HeldBytes
    {
        get
        {
            lock (_gate) return _held;
        }
    }

    /// <summary>Bytes that one body may hold when it is alone.</summary>
    public long MaxOfOne => Math.Min(max == 0 ? long.MaxValue : max, maxPerClient == 0 ? long.MaxValue : maxPerClient);

    /// <summary>
    /// Sets what a body holds, giving up others where it needs more than there is. Returns the limit for which it cannot have that, or
    /// for which it was given up itself meanwhile, and then it counts no more; <see cref="LimitKind.None"/> where it has it.
    /// </summary>
    /// <param name="hold">The request's.</param>
    /// <param name="owner">Who sends the body.</param>
    /// <param name="bytes">All that it holds now.</param>
    /// <param name="body">The body while it is read; null once it is complete.</param>
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

    /// <summary>The request is over: what it held is given back, and the hold is as new.</summary>
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
    /// Memory is short: gives up unfinished bodies, those that have cost most first, until so many bytes are free; returns how many.
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
            if (!TryGiveUpUnderLock([client], client.Bytes + more, hold, LimitKind.BodyMemoryPerClient)) return LimitKind.BodyMemoryPerClient;
        while (IsAbove(_held + more, max))
            if (!TryGiveUpUnderLock(_clients.Values, client.Bytes + more, hold, LimitKind.BodyMemory)) return LimitKind.BodyMemory;
        return LimitKind.None;
    }

    private bool TryGiveUpUnderLock(IEnumerable<Client> among, long mine, BodyHold mineHold, LimitKind limit)
    {
        var costliest = FindCostliestUnderLock(among, (client, hold, age) => client.Bytes > mine || age >= Grace, 0);
        // Where that is the one which asks, it is the one to go.
        if (costliest is null || costliest == mineHold) return false;
        GiveUpUnderLock(costliest, limit);
        return true;
    }

    // All are looked at, which takes microseconds for each megabyte of the bound, and only where it is reached.
    private BodyHold? FindCostliestUnderLock(IEnumerable<Client> among, Func<Client, BodyHold, TimeSpan, bool> mayGo, double most)
    {
        BodyHold? costliest = null;
        foreach (var client in among)
        {
            for (var hold = client.First; hold is not null; hold = hold.Next)
            {
                var age = time.GetElapsedTime(hold.Since);
                // A second more, so that among those that have just begun the largest goes.
                var cost = hold.Bytes * (age.TotalSeconds + 1);
                if (hold.Body is null || cost <= most || !mayGo(client, hold, age)) continue;
                (costliest, most) = (hold, cost);
            }
        }

        return costliest;
    }

    // It counts no more from here on, though its memory is free only when its request has been told, a moment later.
    private void GiveUpUnderLock(BodyHold hold, LimitKind limit)
    {
        var body = hold.Body!;
        RefuseUnderLock(hold, limit);
        body.GiveUp();
    }

    // At once, not when the request is over: of several bodies that reach the bound together one has to go, and not all of them.
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
