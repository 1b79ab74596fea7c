using System.Net;
using System.Net.Sockets;
using System.Text;
using SseServer.Hosting.Commands;
using SseServer.Tests.Support;

namespace SseServer.Tests.Hosting;

internal sealed class HealthCheckTests
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [Test]
    public async Task Server_that_answers_200_is_well()
    {
        var (code, url, request) = await CheckAsync("/", "HTTP/1.1 200 OK\r\n\r\n");

        Assert.That(code, Is.Zero);
        Assert.That(_output.ToString().TrimEnd(), Is.EqualTo($"{url} answers 200."));
        Assert.That(_error.ToString(), Is.Empty);
        Assert.That(request, Does.StartWith($"GET /healthz HTTP/1.1\r\nHost: {url.Authority}\r\n"));
    }

    [TestCase("HTTP/1.0 200 Fine\r\n\r\n")]
    [TestCase("HTTP/1.1 200 \r\n\r\n")]
    [TestCase("HTTP/1.1 200\r\n\r\n", Description = "RFC 9112 wants a space there, and some leave it out.")]
    public async Task Status_line_may_have_any_phrase_or_none(string reply)
    {
        Assert.That((await CheckAsync("/", reply)).Code, Is.Zero);
    }

    [TestCase("localhost")]
    [TestCase("127.0.0.1")]
    public async Task Own_certificate_is_good_enough_on_loopback(string host)
    {
        await using var server = new Transport.TestServer(tls: true);
        var code = await HealthCheck.RunAsync(new Uri($"https://{host}:{server.EndPoint.Port}/"), _output, _error, CancellationToken.None);
        Assert.That(code, Is.Zero, _error.ToString());
    }

    [Test]
    public async Task Plain_port_that_is_asked_for_TLS_is_a_failure_in_one_line()
    {
        await using var server = new Transport.TestServer();
        var code = await HealthCheck.RunAsync(new Uri($"https://127.0.0.1:{server.EndPoint.Port}/"), _output, _error,
            CancellationToken.None);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(_error.ToString().TrimEnd().Split('\n'), Has.Length.EqualTo(1));
    }

    [TestCase("HTTP/1.1 503 Service Unavailable\r\n\r\n", "answers 503.")]
    [TestCase("HTTP/1.0 404 Not Found\r\n\r\n", "answers 404.")]
    [TestCase("HTTP/1.1 2000 OK\r\n\r\n", "does not answer in HTTP.")]
    [TestCase("HTTP/1.1 20 OK\r\n\r\n", "does not answer in HTTP.")]
    [TestCase("HTTP/1.1 200", "does not answer in HTTP.")]
    [TestCase("HTTP/1.1 200OK\r\n\r\n", "does not answer in HTTP.")]
    [TestCase("HTTP/1.1  200 OK\r\n\r\n", "does not answer in HTTP.")]
    [TestCase("HTTP/1.1 +20 OK\r\n\r\n", "does not answer in HTTP.")]
    [TestCase("HTTP/1.1 099 OK\r\n\r\n", "does not answer in HTTP.")]
    [TestCase("HTTP/1.x 200 OK\r\n\r\n", "does not answer in HTTP.")]
    [TestCase("HTTP/2 200\r\n\r\n    ", "does not answer in HTTP.")]
    [TestCase("SSH-2.0-OpenSSH_9.2p1\r\n", "does not answer in HTTP.")]
    [TestCase("", "does not answer in HTTP.")]
    public async Task Any_other_answer_is_a_failure_in_one_line(string reply, string end)
    {
        var (code, url, _) = await CheckAsync("/ready?full=1", reply);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(_error.ToString().TrimEnd(), Is.EqualTo($"{url} {end}"));
        Assert.That(_output.ToString(), Is.Empty);
    }

    [Test]
    public async Task Server_that_is_not_there_is_a_failure_in_one_line()
    {
        var url = new Uri($"http://127.0.0.1:{LoopbackPort.TakeFree()}/healthz");

        Assert.That(await HealthCheck.RunAsync(url, _output, _error, CancellationToken.None), Is.EqualTo(1));
        Assert.That(_error.ToString(), Does.StartWith($"{url} cannot be reached: "));
    }

    [Test]
    public async Task Server_that_stays_silent_is_given_up()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var impatience = new CancellationTokenSource();
        var check = HealthCheck.RunAsync(new Uri($"http://{listener.LocalEndpoint}/"), _output, _error, impatience.Token);
        using var client = await listener.AcceptTcpClientAsync();

        await impatience.CancelAsync();

        Assert.That(await check, Is.EqualTo(1));
        Assert.That(_error.ToString().TrimEnd(), Does.EndWith("does not answer within 2 s."));
    }

    private async Task<(int Code, Uri Url, string Request)> CheckAsync(string path, string reply)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = new Uri($"http://{listener.LocalEndpoint}{path}");
        var check = HealthCheck.RunAsync(url, _output, _error, CancellationToken.None);

        using var client = await listener.AcceptTcpClientAsync();
        var received = new StringBuilder();
        var buffer = new byte[1024];
        while (!received.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
            received.Append(Encoding.ASCII.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer)));
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(reply));
        client.Client.Shutdown(SocketShutdown.Send);
        _ = DropAllAsync(listener);
        return (await check, url, received.ToString());
    }

    // HttpClient retries a request whose connection is closed without an answer.
    private static async Task DropAllAsync(TcpListener listener)
    {
        try
        {
            while (true) (await listener.AcceptTcpClientAsync()).Dispose();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }
}
