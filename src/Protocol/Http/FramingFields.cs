namespace SseServer.Protocol.Http;

/// <summary>The header fields that frame the message or concern the connection, found in one pass over the head.</summary>
internal struct FramingFields
{
    public ByteRange Host;
    public ByteRange ContentLength;
    public int HostCount;
    public int ContentLengthCount;
    public int TransferEncodingCount;
    public bool HasLookalike;
    public bool HasClose;
    public bool HasKeepAlive;
    public bool HasContinueExpectation;
    public bool HasUnknownExpectation;

    public void Collect(RequestHead head)
    {
        for (int index = 0; index < head.HeaderCount; index++)
        {
            FieldRange field = head.FieldAt(index);
            ReadOnlySpan<byte> name = head.Bytes(field.Name);
            if (IsNamed(name, "Host"u8))
            {
                Host = field.Value;
                HostCount++;
            }
            else if (IsNamed(name, "Content-Length"u8))
            {
                ContentLength = field.Value;
                ContentLengthCount++;
            }
            else if (IsNamed(name, TransferEncoding.FieldName))
                TransferEncodingCount++;
            else if (IsNamed(name, "Connection"u8))
                AddConnection(head.Bytes(field.Value));
            else if (IsNamed(name, "Expect"u8))
                AddExpectation(head.Bytes(field.Value));
            else
                HasLookalike |= IsLookalike(name);
        }
    }

    private static bool IsNamed(ReadOnlySpan<byte> name, ReadOnlySpan<byte> expected) =>
        name.Length == expected.Length && HttpTokens.EqualsIgnoreCase(name, expected);

    // Gateways that turn fields into variables map "-" and "_" to the same character, so they see a framing field here.
    private static bool IsLookalike(ReadOnlySpan<byte> name) => IsNamed(name, "Content_Length"u8) || IsNamed(name, "Transfer_Encoding"u8);

    private void AddConnection(ReadOnlySpan<byte> value)
    {
        foreach (ReadOnlySpan<byte> option in new ListValues(value))
        {
            HasClose |= HttpTokens.EqualsIgnoreCase(option, "close"u8);
            HasKeepAlive |= HttpTokens.EqualsIgnoreCase(option, "keep-alive"u8);
        }
    }

    private void AddExpectation(ReadOnlySpan<byte> value)
    {
        foreach (ReadOnlySpan<byte> expectation in new ListValues(value))
        {
            if (HttpTokens.EqualsIgnoreCase(expectation, "100-continue"u8))
                HasContinueExpectation = true;
            else
                HasUnknownExpectation = true;
        }
    }
}
