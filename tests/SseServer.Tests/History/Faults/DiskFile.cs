namespace SseServer.Tests.History.Faults;

/// <summary>
/// A file as it may be after a power cut: what was synced is there; what was written since may be there, sector by sector, or not.
/// </summary>
internal sealed class DiskFile
{
    // The smallest unit that a disk writes as a whole.
    private const int SectorBytes = 512;

    private readonly List<DiskOperation> _pending = [];
    private byte[] _synced = [];

    public bool HasPending => _pending.Count > 0;

    public void Do(DiskOperation operation)
    {
        if (operation.Kind == 'S') Sync();
        else _pending.Add(operation);
    }

    /// <summary>The file's bytes, with each pending sector kept at a probability.</summary>
    public byte[] AfterPowerCut(Random random, double kept)
    {
        var bytes = (byte[])_synced.Clone();
        foreach (var operation in _pending)
        {
            if (operation.Kind == 'T' && random.NextDouble() < kept) Array.Resize(ref bytes, (int)operation.Offset);
            if (operation.Kind != 'W') continue;
            for (var at = 0; at < operation.Bytes.Length; at += SectorBytes)
            {
                if (random.NextDouble() < kept)
                    Write(ref bytes, operation.Offset + at, operation.Bytes.AsSpan(at, Math.Min(SectorBytes, operation.Bytes.Length - at)));
            }
        }

        return bytes;
    }

    private void Sync()
    {
        foreach (var operation in _pending)
        {
            if (operation.Kind == 'T') Array.Resize(ref _synced, (int)operation.Offset);
            else Write(ref _synced, operation.Offset, operation.Bytes);
        }

        _pending.Clear();
    }

    private static void Write(ref byte[] file, long offset, ReadOnlySpan<byte> bytes)
    {
        if (file.Length < offset + bytes.Length) Array.Resize(ref file, (int)offset + bytes.Length);
        bytes.CopyTo(file.AsSpan((int)offset));
    }
}
