namespace SseServer.Transport.Tls;

/// <summary>
/// The position of the bytes read within a TLS record, so that no read goes beyond the record's end (RFC 8446 section 5.1).
/// <code>
/// record = type (1) version (2) length (2) fragment (length)
/// </code>
/// </summary>
internal struct TlsRecordFraming
{
    public const int HeaderBytes = 5;

    /// <summary>The longest fragment: RFC 5246 section 6.2.3 allows TLS 1.2 2,048 bytes over its 16 KB, more than TLS 1.3 does.</summary>
    public const int MaxFragmentBytes = (16 * 1024) + 2048;

    private int _headerBytes;
    private int _fragmentBytes;
    private ushort _length;

    /// <summary>How many bytes the current header or fragment still needs; at least 1.</summary>
    public readonly int Wanted => _fragmentBytes > 0 ? _fragmentBytes : HeaderBytes - _headerBytes;

    /// <summary>The length that a whole header gives.</summary>
    public static int FragmentBytes(ReadOnlySpan<byte> header) => (header[3] << 8) | header[4];

    /// <summary>
    /// Whether a record may have a fragment of this length. An empty one carries no handshake (RFC 8446 section 5.1), and an encrypted one
    /// is longer than its content.
    /// </summary>
    public static bool IsAllowed(int fragmentBytes) => fragmentBytes is > 0 and <= MaxFragmentBytes;

    /// <summary>Counts bytes, at most <see cref="Wanted"/>; false if they complete an invalid header.</summary>
    public bool TryAdvance(ReadOnlySpan<byte> bytes)
    {
        if (_fragmentBytes > 0)
        {
            _fragmentBytes -= bytes.Length;
            return true;
        }

        foreach (var value in bytes)
        {
            if (_headerBytes++ >= 3) _length = (ushort)((_length << 8) | value);
        }

        if (_headerBytes < HeaderBytes) return true;
        _headerBytes = 0;
        _fragmentBytes = _length;
        return IsAllowed(_fragmentBytes);
    }
}
