using System.Buffers;
using System.Text;

namespace SseServer.Relay;

/// <summary>
/// How far a relay has come: the last event ID, the relayed ids, and what of that is not stored yet. One thread at a time.
/// </summary>
internal sealed class RelayPosition(int knownIds)
{
    // Servers accept request heads of 8 KB or more; longer ids, and ids with a control character, cannot be sent back.
    private const int MaxIdBytes = 1024;

    private readonly KnownIds _known = new(knownIds);
    private readonly ArrayBufferWriter<byte> _last = new();
    private readonly ArrayBufferWriter<byte> _lines = new();

    private bool _hasMoved;

    /// <summary>Whether there is something to store.</summary>
    public bool HasUnstored => _hasMoved || _lines.WrittenCount > 0;

    public bool IsEmpty => _last.WrittenCount == 0;

    public int KnownCount => _known.Count;

    /// <summary>The last event ID for the next request.</summary>
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

    /// <summary>Records that the event with an id is relayed; false if it was relayed before.</summary>
    public bool TryRelay(ReadOnlySpan<byte> id)
    {
        if (!_known.TryAdd(id)) return false;
        _lines.Write(id);
        _lines.Write("\n"u8);
        return true;
    }

    /// <summary>Returns what has to be stored; call <see cref="MarkStored"/> afterwards.</summary>
    public ReadOnlySpan<byte> Lines()
    {
        _lines.Write(_last.WrittenSpan);
        return _lines.WrittenSpan;
    }

    public void MarkStored()
    {
        _lines.ResetWrittenCount();
        _hasMoved = false;
    }

    /// <summary>Restores what was stored before.</summary>
    public void Restore(ReadOnlySpan<byte> lines)
    {
        var last = lines.LastIndexOf((byte)'\n') + 1;
        MoveTo(lines[last..]);
        _hasMoved = false;
        if (last == 0) return;
        foreach (var id in lines[..(last - 1)].Split((byte)'\n')) _known.TryAdd(lines[id]);
    }
}
