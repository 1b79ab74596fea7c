using SseServer.Tests.Acceptance;
using SseServer.Tests.Support;

namespace SseServer.Clients.Tests;

/// <summary>The built server with history in a file, which can be restarted on the same port.</summary>
internal sealed class MatrixServer : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sse-clients-");
    private readonly int _port = LoopbackPort.TakeFree();
    private readonly string[] _settings;
    private ServerProcess _process = null!;

    private MatrixServer(string[] settings)
    {
        var history = Path.Combine(_folder.FullName, "history.db");
        _settings = [.. Tokens.Settings, .. EventPublisher.Settings, $"--History:Path={history}", .. settings];
    }

    public Uri Url => new($"http://127.0.0.1:{_port}/");

    /// <summary>Holds the token that clients use for their next connection.</summary>
    public string TokenFile => Path.Combine(_folder.FullName, "token");

    /// <summary>Has clients use a token of so long a life from now on; returns when it expires.</summary>
    public DateTimeOffset SetToken(TimeSpan life)
    {
        var expires = DateTimeOffset.UtcNow + life;
        var next = TokenFile + ".next";
        File.WriteAllText(next, Tokens.Create(expires));
        File.Move(next, TokenFile, overwrite: true);
        return expires;
    }

    public static async Task<MatrixServer> StartAsync(params string[] settings)
    {
        var server = new MatrixServer(settings);
        server._process = await ServerProcess.StartAtAsync(server._port, server._settings);
        return server;
    }

    /// <summary>Stops it as an operator does, and starts its successor.</summary>
    public async Task RestartAsync()
    {
        Assert.That(await _process.StopAsync(), Is.Zero);
        _process.Dispose();
        _process = await ServerProcess.StartAtAsync(_port, _settings);
    }

    public void Dispose()
    {
        _process?.Dispose();
        _folder.Delete(recursive: true);
    }
}
