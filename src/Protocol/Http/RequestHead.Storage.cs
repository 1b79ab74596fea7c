using System.Buffers;

namespace SseServer.Protocol.Http;

/// <summary>The part of a head that the parser reads.</summary>
internal enum HeadPhase
{
    RequestLine,
    Fields,
    Finished,
}

/// <summary>
/// The bytes of the head and the state of the parser. Lines are kept without their breaks, back to back; the last one grows until its end
/// arrives.
/// </summary>
public sealed partial class RequestHead
{
#if DEBUG
    // Small, so that tests grow the arrays all the time.
    private const int InitialBytes = 16;
    private const int InitialFields = 2;
#else
    // Most heads of browsers fit; those of publishers need half of it.
    private const int InitialBytes = 1024;
    private const int InitialFields = 16;
#endif

    private byte[] _bytes = [];
    private FieldRange[] _fields = [];
    private int _length;

    /// <summary>The part that the parser reads.</summary>
    internal HeadPhase Phase { get; set; }

    /// <summary>How many bytes of the parser's input have been examined, from its beginning.</summary>
    internal long ExaminedBytes { get; set; }

    /// <summary>Whether the last byte examined is a CR, so that the next must be an LF.</summary>
    internal bool IsAfterCarriageReturn { get; set; }

    /// <summary>How many empty lines came before the request line.</summary>
    internal int EmptyLineCount { get; set; }

    /// <summary>Bytes of the finished field lines, with their breaks.</summary>
    internal int FieldLineBytes { get; set; }

    /// <summary>Whether the target is absolute and has no path.</summary>
    internal bool IsPathImplied { get; set; }

    /// <summary>Bytes of memory that the head holds.</summary>
    public int HeldBytes => _bytes.Length;

    /// <summary>The start of the line that is being read.</summary>
    internal int LineStart { get; private set; }

    /// <summary>The length of the line that is being read, as far as it has arrived.</summary>
    internal int LineLength => _length - LineStart;

    /// <summary>The line that is being read.</summary>
    internal ReadOnlySpan<byte> Line => _bytes.AsSpan(LineStart, LineLength);

    /// <summary>Clears the request and returns the arrays to the pool. Spans taken from this head become invalid.</summary>
    public void Reset()
    {
        if (_bytes.Length != 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        if (_fields.Length != 0)
            ArrayPool<FieldRange>.Shared.Return(_fields);
        _bytes = [];
        _fields = [];
        _length = 0;
        LineStart = 0;
        Phase = HeadPhase.RequestLine;
        ExaminedBytes = 0;
        IsAfterCarriageReturn = false;
        EmptyLineCount = 0;
        FieldLineBytes = 0;
        HeaderCount = 0;
        Method = RequestMethod.Get;
        TargetForm = RequestTargetForm.Origin;
        _method = _target = _path = _query = _host = default;
        IsPathImplied = false;
        IsHttp11 = false;
        BodyKind = RequestBodyKind.None;
        ContentLength = 0;
        KeepAlive = false;
        ExpectsContinue = false;
    }

    /// <summary>Returns the arrays to the pool; the same as <see cref="Reset"/>.</summary>
    public void Dispose() => Reset();

    internal void Append(ReadOnlySpan<byte> part)
    {
        if (part.Length > _bytes.Length - _length)
            Grow(ref _bytes, _length, Math.Max(_length + part.Length, Math.Max(_length * 2, InitialBytes)));
        part.CopyTo(_bytes.AsSpan(_length));
        _length += part.Length;
    }

    internal void BeginLine() => LineStart = _length;

    internal void AddField(ByteRange name, ByteRange value)
    {
        if (HeaderCount == _fields.Length)
            Grow(ref _fields, HeaderCount, Math.Max(HeaderCount * 2, InitialFields));
        _fields[HeaderCount++] = new FieldRange(name, value);
    }

    internal void SetRequestLine(ByteRange method, ByteRange target)
    {
        _method = method;
        _target = target;
    }

    internal void SetPath(ByteRange path, ByteRange query)
    {
        _path = path;
        _query = query;
    }

    internal void SetHost(ByteRange host) => _host = host;

    internal ReadOnlySpan<byte> Bytes(ByteRange range) => _bytes.AsSpan(range.Start, range.Length);

    internal FieldRange FieldAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)HeaderCount, nameof(index));
        return _fields[index];
    }

    private static void Grow<T>(ref T[] array, int used, int needed)
    {
        T[] larger = ArrayPool<T>.Shared.Rent(needed);
        array.AsSpan(0, used).CopyTo(larger);
        if (array.Length != 0)
            ArrayPool<T>.Shared.Return(array);
        array = larger;
    }
}
