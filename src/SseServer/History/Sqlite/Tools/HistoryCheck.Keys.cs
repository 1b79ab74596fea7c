using SseServer.Protocol.EventStream;

namespace SseServer.History.Sqlite.Tools;

// Keys: each names the newest event that has it, and every event with a key is named or has a newer one.
internal sealed partial class HistoryCheck
{
    private readonly SqliteStatement _key;
    private long _newest;
    private long _keyedBlocks;

    /// <summary>Whether the current event is the newest of its key. Reports one that should be and is not known.</summary>
    private bool IsNewest(in TopicTotals topic, bool isKept)
    {
        if (_block.Key.IsEmpty) return false;
        _key.Bind(1, _block.TopicId).Bind(2, _block.Key);
        var newest = _key.Step() ? _key.Number(0) : 0;
        _key.Reset();
        if (newest == _block.Id) _newest++;
        // What is to be let go may have lost its key already.
        else if (newest < _block.Id && !isKept && _block.Id > topic.LostThrough)
            Report($"Event {new EventId(_block.Id)} is the newest of its key, and the keys say another.");
        return newest == _block.Id;
    }

    private void CheckKeys()
    {
        var keys = _database.QueryNumber("SELECT count(*) FROM keys");
        if (keys != _newest) Report($"{keys} keys are kept, of which {_newest} name an event that has the key.");
        var blocks = _database.QueryNumber("SELECT count(*) FROM keyed_blocks");
        if (blocks != _keyedBlocks) Report($"{blocks} blocks are said to have keys, and {_keyedBlocks} have some.");
    }
}
