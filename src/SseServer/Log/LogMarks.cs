using SseServer.Protocol.EventStream;

namespace SseServer.Log;

/// <summary>
/// Which part of a log memory and the store hold. An event is in memory, in the store, in both, or in neither; and fewer subscribers need
/// an event that a newer one of its key has superseded than a live one. That makes four marks. Each is an id, and everything after it is
/// held there.
/// <code>
///              all events     live events only
///   memory     MemoryStart    MemoryLiveStart      never above MemoryStart
///   store      StoreStart     StoreLiveStart       never above StoreStart
/// </code>
/// Marks rise before the events leave, so a thread that finds an event gone finds its mark raised. Written by the log's writer; the marks
/// of memory are read by any thread.
/// </summary>
internal struct LogMarks()
{
    private long _memoryStart;
    private long _memoryLiveStart;

    /// <summary>
    /// Every event after this id that is retained at all is in memory. Events at or below it may be in the store alone. Without a store
    /// it is never raised, because then nothing retained is outside memory.
    /// </summary>
    public readonly EventId MemoryStart => new(Volatile.Read(in _memoryStart));

    /// <summary>Every live event after this id that is retained at all is in memory: for subscribers that want no others.</summary>
    public readonly EventId MemoryLiveStart => new(Volatile.Read(in _memoryLiveStart));

    /// <summary>Every event after this id that was committed is in the store. Without a store, the highest id there is.</summary>
    public EventId StoreStart { get; private set; } = new(long.MaxValue);

    /// <summary>Every live event after this id that was committed is in the store. Without a store, the highest id there is.</summary>
    public EventId StoreLiveStart { get; private set; } = new(long.MaxValue);

    /// <summary>There is no store.</summary>
    public readonly bool IsMemoryOnly => StoreLiveStart.Value == long.MaxValue;

    /// <summary>The loss rule: live events up to this id may be in neither place.</summary>
    public readonly EventId LostThrough => MemoryLiveStart < StoreLiveStart ? MemoryLiveStart : StoreLiveStart;

    /// <summary>The store may hold events that memory does not.</summary>
    public readonly bool IsStoreAhead => MemoryStart > StoreStart;

    /// <summary>Sets what the store holds; once, before the log has subscribers.</summary>
    public void SetStore(EventId start, EventId liveStart) => (StoreStart, StoreLiveStart) = (start, liveStart);

    /// <summary>Events through an id are about to leave memory.</summary>
    public void RaiseMemory(EventId id)
    {
        if (id > MemoryStart) Volatile.Write(ref _memoryStart, id.Value);
    }

    /// <summary>Live events through an id are about to leave memory.</summary>
    public void RaiseMemoryLive(EventId id)
    {
        if (id > MemoryLiveStart) Volatile.Write(ref _memoryLiveStart, id.Value);
    }

    /// <summary>Events through one id, and live ones through another, are about to leave the store.</summary>
    public void RaiseStore(EventId id, EventId live)
    {
        if (id > StoreStart) StoreStart = id;
        if (live > StoreLiveStart) StoreLiveStart = live;
    }
}
