using System.ComponentModel;
using System.Diagnostics;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Transport.Tls;

/// <summary>
/// Messages that clients send to the TLS layer itself during a stream. .NET's client sends none; OpenSSL's sends them on request.
/// </summary>
public sealed class KeyUpdateTests
{
    // RFC 8446 section 4.6.3: the receiver of a request updates its own keys before it sends the next record.
    [Test]
    public async Task Key_updates_are_followed_and_are_limited()
    {
        // One is a record of 27 bytes, so that the third is one too many.
        await using var server = new TestServer(tls: true, new TransportOptions { StrayBytesLimit = 64 });
        var handler = server.AddStream("/stream");
        using var client = Start(server.EndPoint.Port);
        try
        {
            await client.StandardInput.WriteAsync("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.StandardInput.FlushAsync();
            var connection = await handler.Ready;
            for (var i = 0; i < 2; i++)
            {
                await UpdateKeysAsync(client);
                connection.Output.TrySend("after the update\n"u8);
                await ReadUntilAsync(client.StandardOutput, "after the update");
            }

            Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.None));
            await UpdateKeysAsync(client);
            Assert.That(await handler.Left, Is.EqualTo(CloseReason.StrayBytes));
        }
        finally
        {
            client.Kill();
            await client.WaitForExitAsync();
        }
    }

    // A line that begins with K makes it ask for new keys; it says so on its standard error.
    private static async Task UpdateKeysAsync(Process client)
    {
        await client.StandardInput.WriteAsync("K\n");
        await client.StandardInput.FlushAsync();
        await ReadUntilAsync(client.StandardError, "KEYUPDATE");
    }

    private static async Task ReadUntilAsync(StreamReader reader, string text)
    {
        while (await reader.ReadLineAsync().Soon() is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal)) return;
        }

        Assert.Fail($"openssl never said {text}.");
    }

    private static Process Start(int port)
    {
        var start = new ProcessStartInfo("openssl", ["s_client", "-tls1_3", "-connect", $"127.0.0.1:{port}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Ignore("openssl is not installed.");
            throw;
        }
    }
}
