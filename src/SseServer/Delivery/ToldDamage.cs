using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// Which damaged blocks a subscription was told of, so that it hears of each once though several pages begin within it. On the shard.
/// </summary>
internal sealed class ToldDamage
{
    private readonly List<DamagedBlock> _told = [];

    /// <summary>
    /// Whether a block was told of already; from now on it was. Blocks that end at or below a position are forgotten: no page begins
    /// within them any more.
    /// </summary>
    public bool IsTold(in DamagedBlock block, EventId position)
    {
        _told.RemoveAll(told => told.LastId <= position.Value);
        foreach (var told in _told)
            if (told.FirstId == block.FirstId) return true;
        _told.Add(block);
        return false;
    }
}
