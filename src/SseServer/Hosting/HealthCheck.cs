using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace SseServer.Hosting;

/// <summary>
/// <c>--check URL</c>: asks a running server whether it is well, so that a container image without a shell can have a
/// health check. One GET over a socket; only the status line of the reply is read.
/// </summary>
internal static class HealthCheck
{
    /// <summary>Shorter than the three seconds after which the container image's health check gives up.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>Prints one line and gives the exit code: success where the reply is 200.</summary>
    /// <param name="url">An http or https URL; without a path, <c>/healthz</c> is asked.</param>
    /// <param name="output">Takes the line of a server that is well.</param>
    /// <param name="error">Takes any other line.</param>
    /// <param name="cancellation">Gives up sooner than <see cref="Timeout"/>.</param>
    public static async Task<int> RunAsync(Uri url, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Timeout);
        try
        {
            var status = await GetStatusAsync(url, deadline.Token);
            var writer = status == 200 ? output : error;
            await writer.WriteLineAsync(status is null
                ? $"{url} does not answer in HTTP."
                : string.Create(CultureInfo.InvariantCulture, $"{url} answers {status}."));
            return status == 200 ? ExitCode.Success : ExitCode.Failure;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{url} does not answer within {Timeout.TotalSeconds} s."));
        }
        catch (AuthenticationException exception)
        {
            await error.WriteLineAsync($"{url} cannot be trusted: {exception.Message.TrimEnd('.')}.");
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            await error.WriteLineAsync($"{url} cannot be reached: {exception.Message.TrimEnd('.')}.");
        }
        return ExitCode.Failure;
    }

    private static async Task<Stream> OpenAsync(TcpClient client, Uri url, CancellationToken cancellation)
    {
        if (url.Scheme == Uri.UriSchemeHttp) return client.GetStream();
        var tls = new SslStream(client.GetStream());

        // A server's certificate names the host that clients use, which its own machine does not ask for. Who listens on loopback is
        // known by the port.
        var options = new SslClientAuthenticationOptions { TargetHost = url.IdnHost };
        if (url.IsLoopback) options.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null;
        await tls.AuthenticateAsClientAsync(options, cancellation);
        return tls;
    }

    private static async Task<int?> GetStatusAsync(Uri url, CancellationToken cancellation)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(url.IdnHost, url.Port, cancellation);
        await using var stream = await OpenAsync(client, url, cancellation);
        var target = url.PathAndQuery == "/" ? "/healthz" : url.PathAndQuery;
        var request = $"GET {target} HTTP/1.1\r\nHost: {url.Authority}\r\nUser-Agent: sse-server\r\nConnection: close\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), cancellation);

        // RFC 9112, section 4: status-line = HTTP-version SP status-code SP [ reason-phrase ]
        // The character behind the code is read with it, or 2000 would pass for 200.
        var start = new byte["HTTP/1.1 200 ".Length];
        var read = await stream.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellation);
        return ReadStatus(start.AsSpan(0, read));
    }

    private static int? ReadStatus(ReadOnlySpan<byte> line)
    {
        // Some leave out the space before an empty phrase.
        if (line.Length != "HTTP/1.1 200 ".Length || !line.StartsWith("HTTP/1."u8) || !char.IsAsciiDigit((char)line[7])) return null;
        if (line[8] != ' ' || line[12] is not ((byte)' ' or (byte)'\r' or (byte)'\n')) return null;
        if (!int.TryParse(line[9..12], NumberStyles.None, CultureInfo.InvariantCulture, out var status)) return null;
        return status is >= 100 and <= 599 ? status : null;
    }
}
