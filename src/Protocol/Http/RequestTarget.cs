using System.Buffers;

namespace SseServer.Protocol.Http;

/// <summary>The target of a request (RFC 9112 section 3.2).</summary>
internal static class RequestTarget
{
    // Visible ASCII without "#". Browsers send more of it unencoded than RFC 3986 allows, and none of it can split a line.
    private static readonly SearchValues<byte> TargetBytes = SearchValues.Create(
        "!\"$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    // request-target = origin-form / absolute-form / authority-form / asterisk-form

    /// <summary>Splits the target into path and query, and takes the host of an absolute one.</summary>
    public static RequestRejection Parse(RequestHead head, ByteRange range)
    {
        ReadOnlySpan<byte> target = head.Bytes(range);
        if (target.ContainsAnyExcept(TargetBytes))
            return target.Contains((byte)' ') ? RequestRejection.MalformedRequestLine : RequestRejection.InvalidTargetByte;

        if (head.Method == RequestMethod.Connect)
            return IsAuthorityForm(target) ? RequestRejection.TunnelRequested : RequestRejection.InvalidTarget;
        if (target[0] == '/')
            return SplitQuery(head, range);

        if (target.SequenceEqual("*"u8) && head.Method == RequestMethod.Options)
        {
            head.TargetForm = RequestTargetForm.Asterisk;
            head.SetPath(range, default);
            return RequestRejection.None;
        }

        return ParseAbsoluteForm(head, range);
    }

    // authority-form = uri-host ":" port; RFC 9110 section 9.3.6: an empty or invalid port must be refused.

    private static bool IsAuthorityForm(ReadOnlySpan<byte> target) => HostAndPort.TryParse(target, out _, out int port) && port >= 0;

    // absolute-form = ( "http" / "https" ) "://" uri-host [ ":" port ] path-abempty [ "?" query ]

    private static RequestRejection ParseAbsoluteForm(RequestHead head, ByteRange range)
    {
        ReadOnlySpan<byte> target = head.Bytes(range);
        int schemeLength = SchemeLength(target);
        int authorityLength = target[schemeLength..].IndexOfAny((byte)'/', (byte)'?');
        if (authorityLength < 0)
            authorityLength = target.Length - schemeLength;

        // RFC 9110 sections 4.2.1 and 4.2.4: an empty host must be refused, and user information should be.
        if (schemeLength == 0 || !HostAndPort.TryParse(target.Slice(schemeLength, authorityLength), out _, out _))
            return RequestRejection.InvalidTarget;

        head.TargetForm = RequestTargetForm.Absolute;
        head.SetHost(new ByteRange(range.Start + schemeLength, authorityLength));
        int pathAt = schemeLength + authorityLength;
        head.IsPathImplied = pathAt == target.Length || target[pathAt] == '?';
        return SplitQuery(head, new ByteRange(range.Start + pathAt, target.Length - pathAt));
    }

    /// <summary>The length of the scheme with its colon and slashes; 0 for any but http and https.</summary>
    private static int SchemeLength(ReadOnlySpan<byte> target)
    {
        int colon = target.IndexOf("://"u8);
        int length = colon < 0 ? 0 : colon + "://"u8.Length;
        ReadOnlySpan<byte> scheme = target[..length];
        bool isKnown = HttpTokens.EqualsIgnoreCase(scheme, "http://"u8) || HttpTokens.EqualsIgnoreCase(scheme, "https://"u8);
        return isKnown ? length : 0;
    }

    private static RequestRejection SplitQuery(RequestHead head, ByteRange range)
    {
        int mark = head.Bytes(range).IndexOf((byte)'?');
        if (mark < 0)
            head.SetPath(range, default);
        else
            head.SetPath(new ByteRange(range.Start, mark), new ByteRange(range.Start + mark + 1, range.Length - mark - 1));
        return CheckPath(head.Path);
    }

    /// <summary>
    /// Refuses what programs read differently in a path: a backslash, which some take for a slash (browsers never send it there),
    /// escapes that are none (RFC 3986 section 2.1), and those of NUL, CR, LF and other controls.
    /// </summary>
    private static RequestRejection CheckPath(ReadOnlySpan<byte> path)
    {
        if (path.Contains((byte)'\\'))
            return RequestRejection.InvalidTargetByte;
        for (int at = path.IndexOf((byte)'%'); at >= 0; at = path.IndexOf((byte)'%'))
        {
            if (!PercentDecoding.TryDecodeEscape(path[at..], out byte value) || value is < 0x20 or 0x7F)
                return RequestRejection.InvalidPathEscape;
            path = path[(at + PercentDecoding.EscapeLength)..];
        }

        return RequestRejection.None;
    }
}
