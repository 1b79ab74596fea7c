using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>
/// The path and the parameters of the query, percent-decoded once into one buffer. Reusable; what it returns is valid until the next
/// <see cref="Read"/>.
/// </summary>
internal sealed class RequestParameters
{
    private const string BrokenEscape = "A '%' in the query is not followed by two hex digits; write a literal '%' as %25.";

    private byte[] _bytes = new byte[256];
    private Parameter[] _parameters = new Parameter[4];
    private int _used;
    private (int Start, int End) _path;

    private record struct Parameter(int NameStart, int ValueStart, int End);

    /// <summary>The number of parameters.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of memory that this object keeps.</summary>
    public int Capacity => _bytes.Length + _parameters.Length * 3 * sizeof(int);

    public ReadOnlySpan<byte> Path => _bytes.AsSpan(_path.Start.._path.End);

    public ReadOnlySpan<byte> Name(int index) => _bytes.AsSpan(_parameters[index].NameStart.._parameters[index].ValueStart);

    public ReadOnlyMemory<byte> Value(int index) => _bytes.AsMemory(_parameters[index].ValueStart.._parameters[index].End);

    /// <summary>Gets the topic that a path under <c>/events/</c> names; false if the path is another one.</summary>
    public bool TryGetPathTopic(out ReadOnlyMemory<byte> topic)
    {
        var root = "/events/"u8;
        var isNamed = Path.StartsWith(root);
        topic = isNamed ? _bytes.AsMemory((_path.Start + root.Length).._path.End) : default;
        return isNamed;
    }

    /// <summary>Returns how many parameters have a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="withValue">Whether only those count whose value is not empty.</param>
    public int CountOf(ReadOnlySpan<byte> name, bool withValue = false)
    {
        var count = 0;
        for (var i = 0; i < Count; i++)
            if (Is(i, name, withValue)) count++;
        return count;
    }

    /// <summary>Gets the last parameter of a name; false if there is none.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value) => TryGet(name, withValue: false, out value);

    /// <summary>Gets the last parameter of a name whose value is not empty; false if there is none.</summary>
    public bool TryGetFilled(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value) => TryGet(name, withValue: true, out value);

    /// <summary>Decodes a request; returns null, or what is wrong with an escape of the query and what to do.</summary>
    public string? Read(RequestHead request)
    {
        (Count, _used) = (0, 0);
        var size = request.Path.Length + request.Query.Length;
        if (_bytes.Length < size) _bytes = new byte[size];
        // The parser has checked the escapes of the path.
        TryDecode(request.Path, plusIsSpace: false);
        _path = (0, _used);
        foreach (var parameter in new QueryString(request.Query))
        {
            var name = _used;
            if (!TryDecode(parameter.Name, plusIsSpace: true)) return BrokenEscape;
            var value = _used;
            if (!TryDecode(parameter.Value, plusIsSpace: true)) return BrokenEscape;
            if (Count == _parameters.Length) Array.Resize(ref _parameters, Count * 2);
            _parameters[Count++] = new(name, value, _used);
        }

        return null;
    }

    private bool Is(int index, ReadOnlySpan<byte> name, bool withValue)
        => Name(index).SequenceEqual(name) && !(withValue && Value(index).IsEmpty);

    private bool TryGet(ReadOnlySpan<byte> name, bool withValue, out ReadOnlySpan<byte> value)
    {
        var index = Count - 1;
        while (index >= 0 && !Is(index, name, withValue)) index--;
        value = index < 0 ? default : Value(index).Span;
        return index >= 0;
    }

    private bool TryDecode(ReadOnlySpan<byte> encoded, bool plusIsSpace)
    {
        if (!PercentDecoding.TryDecode(encoded, _bytes.AsSpan(_used), plusIsSpace, out var written)) return false;
        _used += written;
        return true;
    }
}
