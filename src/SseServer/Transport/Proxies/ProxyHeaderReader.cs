using System.Net;
using SseServer.Protocol.Http;
using SseServer.Protocol.Proxy;
using SseServer.Transport.Channels;

namespace SseServer.Transport.Proxies;

/// <summary>
/// The step of a trusted proxy's connections between accept and the first request: reads the PROXY header, and not one byte beyond it.
/// </summary>
internal static class ProxyHeaderReader
{
    /// <summary>The outcome of reading a header.</summary>
    /// <param name="IsRead">Whether a header was read. If not, a close reason is recorded.</param>
    /// <param name="Client">The client that the header names; null if it names none, as in a proxy's health check.</param>
    internal readonly record struct Result(bool IsRead, IPEndPoint? Client = null);

    public static async ValueTask<Result> ReadAsync(IRawChannel raw, TransportBuffers buffers)
    {
        var buffer = buffers.RentArray(ProxyHeader.MaxBytes);
        try
        {
            var filled = 0;
            while (true)
            {
                switch (raw.Peek(buffer.AsSpan(filled, ProxyHeader.MaxBytes - filled), out var peeked))
                {
                    case InputState.End:
                        return default;
                    case InputState.Nothing:
                        if (raw.IsInterrupted) return default;
                        await raw.WhenReadableAsync();
                        continue;
                }

                var status = ProxyHeader.Parse(buffer.AsSpan(0, filled + peeked), out var length, out var client);
                if (status == ParseStatus.Rejected)
                {
                    raw.TryRecord(CloseReason.ProxyHeaderRefused);
                    return default;
                }

                // All bytes of an incomplete header belong to the header.
                var own = status == ParseStatus.Complete ? length - filled : peeked;
                raw.Receive(buffer.AsSpan(filled, own), out _);
                filled += own;
                if (status == ParseStatus.Complete) return new Result(true, client);
            }
        }
        finally
        {
            buffers.Return(buffer);
        }
    }
}
