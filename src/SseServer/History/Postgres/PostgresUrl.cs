using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Npgsql;

namespace SseServer.History.Postgres;

/// <summary>
/// A URL of PostgreSQL servers as libpq takes it (PostgreSQL 15, 34.1.1.2):
/// <c>postgres://user:password@host1:5432,host2/database?sslmode=</c>. Immutable.
/// </summary>
internal sealed class PostgresUrl
{
    private const int DefaultPort = 5432;

    private readonly NpgsqlConnectionStringBuilder _common;

    private PostgresUrl(NpgsqlConnectionStringBuilder common, IReadOnlyList<(string Host, int Port)> hosts)
        => (_common, Hosts) = (common, hosts);

    /// <summary>The servers, in the order in which they are tried.</summary>
    public IReadOnlyList<(string Host, int Port)> Hosts { get; }

    /// <summary>The user's name.</summary>
    public string User => _common.Username!;

    /// <summary>Parses a URL; false if it is not one, and then the sentence says what is wrong.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PostgresUrl? url, [NotNullWhen(false)] out string? problem)
    {
        (url, problem) = (null, null);
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0 || text[..scheme] is not ("postgres" or "postgresql"))
        {
            problem = "must begin with postgres://, as in postgres://sse@db.example.org/sse.";
            return false;
        }

        var rest = text[(scheme + 3)..];
        var (beforeQuery, query) = Split(rest, '?');
        var (authority, database) = Split(beforeQuery, '/');
        var at = authority.LastIndexOf('@');
        var common = new NpgsqlConnectionStringBuilder { ApplicationName = "sse-server" };
        if (at >= 0)
        {
            var (user, password) = Split(authority[..at], ':');
            common.Username = Uri.UnescapeDataString(user);
            if (password.Length > 0) common.Password = Uri.UnescapeDataString(password);
        }

        if (string.IsNullOrEmpty(common.Username)) problem = "names no user; write it as in postgres://sse@db.example.org/sse.";
        if (database.Length == 0) problem ??= "names no database; write it as in postgres://sse@db.example.org/sse.";
        if (problem is not null) return false;
        common.Database = Uri.UnescapeDataString(database);
        var hosts = new List<(string, int)>();
        foreach (var host in authority[(at + 1)..].Split(','))
            if (!TryAddHost(host, hosts, out problem)) return false;
        foreach (var parameter in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
            if (!TryApply(common, parameter, out problem)) return false;
        url = new(common, hosts);
        return true;
    }

    /// <summary>What Npgsql needs to connect to one of the hosts.</summary>
    /// <param name="host">An index of <see cref="Hosts"/>.</param>
    /// <param name="timeout">For connecting, and for each command.</param>
    /// <param name="isDirect">There is no pooler between, which may give each transaction another session.</param>
    public NpgsqlConnectionStringBuilder ConnectionTo(int host, TimeSpan timeout, bool isDirect) => new(_common.ConnectionString)
    {
        // Statements are the same few again and again.
        MaxAutoPrepare = isDirect ? 32 : 0,
        AutoPrepareMinUsages = 3,
        Host = Hosts[host].Host,
        Port = Hosts[host].Port,
        // The password is in the builder that is copied.
        PersistSecurityInfo = true,
        Pooling = false,
        Timeout = (int)Math.Ceiling(timeout.TotalSeconds),
        CommandTimeout = (int)Math.Ceiling(timeout.TotalSeconds),
        // After a command's timeout the connection is given up, so waiting for the cancellation's answer gains nothing.
        CancellationTimeout = -1,
        // A server that vanished without a FIN is noticed while nothing is sent.
        TcpKeepAlive = true,
        TcpKeepAliveTime = 5,
        TcpKeepAliveInterval = 2,
        IncludeErrorDetail = false,
    };

    private static (string Head, string Tail) Split(string text, char separator)
        => text.IndexOf(separator, StringComparison.Ordinal) is var at and >= 0 ? (text[..at], text[(at + 1)..]) : (text, "");

    private static bool TryAddHost(string text, List<(string Host, int Port)> hosts, [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        var end = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) + 1 : 0;
        var colon = text.IndexOf(':', end);
        var host = Uri.UnescapeDataString((colon < 0 ? text : text[..colon]).Trim('[', ']'));
        var port = DefaultPort;
        if (host.Length == 0)
            problem = "names no host; write it as in postgres://sse@db.example.org/sse.";
        else if (colon >= 0 && !IsPort(text.AsSpan(colon + 1), out port))
            problem = $"has the port \"{text[(colon + 1)..]}\", which is not a number from 1 to 65535.";
        else
            hosts.Add((host, port));
        return problem is null;
    }

    private static bool IsPort(ReadOnlySpan<char> text, out int port)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;

    private static bool TryApply(NpgsqlConnectionStringBuilder common, string parameter, [NotNullWhen(false)] out string? problem)
    {
        var (name, value) = Split(parameter, '=');
        value = Uri.UnescapeDataString(value);
        problem = null;
        switch (name)
        {
            case "sslmode" when Enum.TryParse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var mode):
                common.SslMode = mode;
                break;
            case "sslmode":
                problem = $"has sslmode={value}; use disable, allow, prefer, require, verify-ca or verify-full.";
                break;
            case "sslrootcert":
                common.RootCertificate = value;
                break;
            case "sslcert":
                common.SslCertificate = value;
                break;
            case "sslkey":
                common.SslKey = value;
                break;
            case "application_name":
                common.ApplicationName = value;
                break;
            case "target_session_attrs":
                // The server that accepts writes is found in any case.
                break;
            default:
                problem = $"has the parameter \"{name}\"; use sslmode, sslrootcert, sslcert, sslkey or application_name.";
                break;
        }

        return problem is null;
    }
}
