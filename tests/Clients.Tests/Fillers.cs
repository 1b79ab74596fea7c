using System.Net.Sockets;
using System.Text;

namespace SseServer.Clients.Tests;

/// <summary>Streams that take every place that the server has, so that it refuses others for now.</summary>
internal sealed class Fillers(Uri server) : IDisposable
{
    private readonly List<TcpClient> _clients = [];

    /// <summary>Opens streams until the server refuses one.</summary>
    public async Task FillAsync()
    {
        var request = Encoding.ASCII.GetBytes($"GET /events/filler HTTP/1.1\r\nHost: {server.Authority}\r\n\r\n");
        var start = new byte["HTTP/1.1 200".Length];
        do
        {
            var client = new TcpClient();
            _clients.Add(client);
            await client.ConnectAsync(server.Host, server.Port);
            await client.GetStream().WriteAsync(request);
            await client.GetStream().ReadExactlyAsync(start);
        }
        while (Encoding.ASCII.GetString(start).EndsWith("200", StringComparison.Ordinal));
    }

    public void Dispose() => _clients.ForEach(client => client.Dispose());
}
