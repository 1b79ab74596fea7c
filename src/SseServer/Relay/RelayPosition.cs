using System.Buffers;
using System.Text;

namespace SseServer.Relay;

/// <summary>How far a relay has come: the last event ID, which ids were relayed, and what of it is not yet written down. One caller at a time.</summary>
internal sealed class RelayPosition(int knownIds)
{
    // Servers take request heads of 8 KB or more; ids that are longer than this, or hold a control character, cannot be sent back.
    private const int MaxIdBytes = 1024;

    private readonly KnownIds _known = new(knownIds);
    private readonly ArrayBufferWriter<byte> _last = new();
    private readonly ArrayBufferWriter<byte> _lines = new();

    private bool _hasMoved;

    /// <summary>There is something to write down.</summary>
    public bool HasNews => _hasMoved || _lines.WrittenCount > 0;

    public bool IsEmpty => _last.WrittenCount == 0;

    public int KnownCount => _known.Count;

    /// <summary>What the next request says.</summary>
    public string LastEventId => Encoding.UTF8.GetString(_last.WrittenSpan);

    public static bool IsUsable(ReadOnlySpan<byte> id)
        => id.Length <= MaxIdBytes && !id.ContainsAnyInRange((byte)0, (byte)0x1F) && !id.Contains((byte)0x7F);

    public void MoveTo(ReadOnlySpan<byte> id)
    {
        if (id.SequenceEqual(_last.WrittenSpan)) return;
        _last.ResetWrittenCount();
        _last.Write(id);
        _hasMoved = true;
    }

    /// <summary>Takes note that the event of an id is relayed; false where it was before.</summary>
    public bool TryRelay(ReadOnlySpan<byte> id)
    {
        if (!_known.TryAdd(id)) return false;
        _lines.Write(id);
        _lines.Write("\n"u8);
        return true;
    }

    /// <summary>Gives what is to be written down; once it is, call <see cref="Written"/>.</summary>
    public ReadOnlySpan<byte> Lines()
    {
        _lines.Write(_last.WrittenSpan);
        return _lines.WrittenSpan;
    }

    public void Written()
    {
        _lines.ResetWrittenCount();
        _hasMoved = false;
    }

    /// <summary>Takes in what was written down before.</summary>
    public void Restore(ReadOnlySpan<byte> lines)
    {
        var last = lines.LastIndexOf((byte)'\n') + 1;
        MoveTo(lines[last..]);
        _hasMoved = false;
        if (last == 0) return;
        foreach (var id in lines[..(last - 1)].Split((byte)'\n')) _known.TryAdd(lines[id]);
    }
}
