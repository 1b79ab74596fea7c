using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;

namespace SseServer.History;

/// <summary>What of the stored history was found damaged since the start, for health, metrics and the log. From any thread.</summary>
internal sealed class HistoryDamage(ILogger logger)
{
    // A file with more is damaged beyond what a list helps with.
    private const int MaxBlocks = 10_000;

    private readonly ConcurrentDictionary<long, bool> _blocks = new();
    private int _isUnreadable;

    /// <summary>Damaged blocks that were found.</summary>
    public int Blocks => _blocks.Count;

    /// <summary>Some of the history cannot be read.</summary>
    public bool IsAny => !_blocks.IsEmpty || Volatile.Read(ref _isUnreadable) != 0;

    /// <summary>Takes note of a block; the log hears of each once.</summary>
    public void Add(in DamagedBlock block)
    {
        if (_blocks.Count < MaxBlocks && _blocks.TryAdd(block.FirstId, true))
            StoreLog.BlockDamaged(logger, Encoding.UTF8.GetString(block.Topic), new(block.FirstId), new(block.LastId));
    }

    /// <summary>Takes note of a read that failed because the file is damaged where events are looked up.</summary>
    public void AddUnreadable() => Volatile.Write(ref _isUnreadable, 1);
}
