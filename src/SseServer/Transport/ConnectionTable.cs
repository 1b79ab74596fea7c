namespace SseServer.Transport;

/// <summary>
/// All open connections. A slot costs one reference, and the sweep walks an array. Safe on any thread.
/// </summary>
internal sealed class ConnectionTable
{
    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private Connection?[] _slots = new Connection?[64];
    private int _used;
    private int _count;
    private TaskCompletionSource? _empty;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Returns the slot, which <see cref="Remove"/> wants back.</summary>
    public int Add(Connection connection)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out var slot))
            {
                slot = _used++;
                if (slot == _slots.Length) Array.Resize(ref _slots, _slots.Length * 2);
            }

            _slots[slot] = connection;
            _count++;
            return slot;
        }
    }

    public void Remove(int slot)
    {
        TaskCompletionSource? empty = null;
        lock (_gate)
        {
            _slots[slot] = null;
            _free.Push(slot);
            if (--_count == 0) (empty, _empty) = (_empty, null);
        }

        empty?.SetResult();
    }

    /// <summary>
    /// A view for a walk without the lock: entries may be null, connections that come or go meanwhile may be missed or seen.
    /// </summary>
    public ReadOnlySpan<Connection?> Snapshot()
    {
        lock (_gate) return _slots.AsSpan(0, _used);
    }

    /// <summary>Completes when no connection is open, which may be at once.</summary>
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
