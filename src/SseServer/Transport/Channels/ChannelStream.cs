namespace SseServer.Transport.Channels;

/// <summary>The reading side of a channel as a stream, for <see cref="System.IO.Pipelines.PipeReader"/>. It owns nothing.</summary>
internal sealed class ChannelStream(IChannel channel) : AsyncStream
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        => channel.ReadAsync(buffer);
}
