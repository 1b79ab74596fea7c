namespace SseServer.Transport;

/// <summary>
/// All open connections. A slot takes one reference, and the sweep walks an array. Safe on any thread.
/// </summary>
internal sealed class ConnectionTable
{
    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private Connection?[] _slots = new Connection?[64];
    private long _lastId;
    private int _used;
    private int _count;
    private TaskCompletionSource? _empty;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Creates a connection with the next id and lists it.</summary>
    public Connection Add(Func<long, Connection> create)
    {
        var connection = create(Interlocked.Increment(ref _lastId));
        lock (_gate)
        {
            if (!_free.TryPop(out var slot))
            {
                slot = _used++;
                if (slot == _slots.Length) Array.Resize(ref _slots, _slots.Length * 2);
            }

            _slots[slot] = connection;
            _count++;
            connection.Slot = slot;
        }

        return connection;
    }

    public void Remove(Connection connection)
    {
        TaskCompletionSource? empty = null;
        lock (_gate)
        {
            _slots[connection.Slot] = null;
            _free.Push(connection.Slot);
            if (--_count == 0) (empty, _empty) = (_empty, null);
        }

        empty?.SetResult();
    }

    /// <summary>
    /// A view to iterate without the lock. Entries may be null; connections that open or close meanwhile may be missing or present.
    /// </summary>
    public ReadOnlySpan<Connection?> Snapshot()
    {
        lock (_gate) return _slots.AsSpan(0, _used);
    }

    /// <summary>Completes when no connection is open; at once if none is.</summary>
    public Task WhenEmptyAsync()
    {
        lock (_gate)
        {
            if (_count == 0) return Task.CompletedTask;
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task;
        }
    }
}
