using System.Net;
using System.Net.Sockets;
using SseServer.Tests.Transport;

namespace SseServer.Tests.Fuzzing;

/// <summary>Sends damaged requests, each over a connection of its own and in two pieces, and checks the responses.</summary>
internal sealed class DamagedTraffic
{
    private readonly IPEndPoint _server;
    private readonly Random _random;
    private readonly Samples _samples;
    private readonly Mutator _mutator;

    public DamagedTraffic(IPEndPoint server, int seed)
    {
        _server = server;
        _random = new Random(seed);
        _samples = new Samples(_random);
        _mutator = new Mutator(_random);
    }

    /// <summary>The number of connections whose first response was a 2xx.</summary>
    public int Served { get; private set; }

    /// <summary>The number of connections whose first response was another status.</summary>
    public int Refused { get; private set; }

    public async Task SendAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var text = _mutator.Mutate(_random.Next(4) == 0 ? _samples.Requests() : _samples.Request(), _samples.Requests());
            try
            {
                await ExchangeAsync(text);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
            {
                // A stream on which the client sends too much is cut off.
            }
            catch (TimeoutException)
            {
                Assert.Fail($"The server neither answers nor closes: {Fuzz.Show(text)}");
            }
        }
    }

    private async Task ExchangeAsync(string text)
    {
        using var client = await TestClient.ConnectAsync(_server, 0);
        var cut = _random.Next(text.Length + 1);
        await client.SendAsync(text[..cut]);
        await client.SendAsync(text[cut..]);
        if (_random.Next(10) == 0)
        {
            client.Reset();
            return;
        }

        client.Finish();
        var answer = await client.ReadToEndAsync();
        if (answer.Length == 0) return;
        Assert.That(answer, Does.Match(@"\AHTTP/1\.1 [1-5][0-9][0-9] [A-Z]").And.Not.Contain("HTTP/1.1 500"), () => Fuzz.Show(text));
        if (answer[9] == '2') Served++;
        else Refused++;
    }
}
