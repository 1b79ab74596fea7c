using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>
/// The path and the query's parameters, percent-decoded once into one buffer. Reusable; spans are good until the next <see cref="Read"/>.
/// </summary>
internal sealed class RequestParameters
{
    private byte[] _bytes = new byte[256];
    private Parameter[] _parameters = new Parameter[4];
    private int _used;
    private (int Start, int End) _path;

    private record struct Parameter(int NameStart, int ValueStart, int End);

    public int Count { get; private set; }

    /// <summary>Bytes of memory that it keeps.</summary>
    public int Capacity => _bytes.Length + _parameters.Length * 3 * sizeof(int);

    public ReadOnlySpan<byte> Path => _bytes.AsSpan(_path.Start.._path.End);

    public ReadOnlySpan<byte> Name(int index) => _bytes.AsSpan(_parameters[index].NameStart.._parameters[index].ValueStart);

    public ReadOnlySpan<byte> Value(int index) => _bytes.AsSpan(_parameters[index].ValueStart.._parameters[index].End);

    /// <summary>The topic that a path under <c>/events/</c> names; false where it names none.</summary>
    public bool TryGetPathTopic(out ReadOnlySpan<byte> topic)
    {
        var root = "/events/"u8;
        topic = Path.StartsWith(root) ? Path[root.Length..] : default;
        return Path.StartsWith(root);
    }

    /// <summary>How many parameters have a name.</summary>
    public int CountOf(ReadOnlySpan<byte> name)
    {
        var count = 0;
        for (var i = 0; i < Count; i++)
            if (Name(i).SequenceEqual(name)) count++;
        return count;
    }

    /// <summary>The last parameter of a name; false where there is none.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        for (var i = Count - 1; i >= 0; i--)
        {
            if (!Name(i).SequenceEqual(name)) continue;
            value = Value(i);
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Decodes; a sentence that says what to mend where an escape of the query is broken, otherwise null.</summary>
    public string? Read(RequestHead request)
    {
        (Count, _used) = (0, 0);
        var room = request.Path.Length + request.Query.Length;
        if (_bytes.Length < room) _bytes = new byte[room];
        TryDecode(request.Path, plusIsSpace: false); // The parser has seen to its escapes.
        _path = (0, _used);
        foreach (var parameter in new QueryString(request.Query))
        {
            var name = _used;
            if (!TryDecode(parameter.Name, plusIsSpace: true)) return "A '%' in the query is not followed by two hex digits; write a literal '%' as %25.";
            var value = _used;
            if (!TryDecode(parameter.Value, plusIsSpace: true)) return "A '%' in the query is not followed by two hex digits; write a literal '%' as %25.";
            if (Count == _parameters.Length) Array.Resize(ref _parameters, Count * 2);
            _parameters[Count++] = new(name, value, _used);
        }

        return null;
    }

    private bool TryDecode(ReadOnlySpan<byte> encoded, bool plusIsSpace)
    {
        if (!PercentDecoding.TryDecode(encoded, _bytes.AsSpan(_used), plusIsSpace, out var written)) return false;
        _used += written;
        return true;
    }
}
