using System.Net;
using Microsoft.Extensions.Configuration;
using SseServer.Hosting.Settings;
using SseServer.Transport.Proxies;

namespace SseServer.Tests.Hosting.Settings;

internal sealed class ProxySettingsTests
{
    [Test]
    public void Nobody_is_trusted_by_default()
    {
        var proxies = Read(out var errors);

        Assert.That((proxies.Trusted.Count, proxies.ExpectsHeader, proxies.UsesForwarded), Is.EqualTo((0, false, false)));
        Assert.That(errors, Is.Empty);
    }

    [Test]
    public void Addresses_and_networks_are_trusted_by_name()
    {
        var proxies = Read(out var errors, ("Proxy:Trusted", "127.0.0.1, ::1, 10.0.0.0/8, fd00::/8"), ("Proxy:Protocol", "on"),
            ("Proxy:Header", "Forwarded"));

        Assert.That(errors, Is.Empty);
        Assert.That(proxies.Trusted,
            Is.EqualTo(new[] { "127.0.0.1/32", "::1/128", "10.0.0.0/8", "fd00::/8" }.Select(text => IPNetwork.Parse(text))));
        Assert.That((proxies.ExpectsHeader, proxies.UsesForwarded), Is.EqualTo((true, true)));
    }

    [TestCase("nowhere", "is not an address or network")]
    [TestCase("proxy.example", "is not an address or network")]
    [TestCase("10.1", "is not an address or network")]
    [TestCase("10.0.0.0/33", "is not an address or network")]
    [TestCase("10.0.0.0/", "is not an address or network")]
    [TestCase("10.0.0.0/-1", "is not an address or network")]
    [TestCase("fd00::/129", "is not an address or network")]
    [TestCase("10.0.0.1/8", "has bits beyond its prefix")]
    [TestCase("fd00::1/8", "has bits beyond its prefix")]
    public void Nonsense_is_refused(string text, string problem)
    {
        Read(out var errors, ("Proxy:Trusted", text));

        Assert.That(errors, Is.EqualTo(new[]
        {
            $"Proxy:Trusted: '{text}' {problem}; use an address, or a network such as 10.0.0.0/8 or fd00::/8.",
        }));
    }

    [Test]
    public void Header_without_anyone_to_send_it_is_refused()
    {
        Read(out var errors, ("Proxy:Protocol", "on"));

        Assert.That(errors,
            Is.EqualTo(new[] { "Proxy:Protocol is on, but no proxy is trusted; list the proxies' addresses in Proxy:Trusted." }));
    }

    private static ProxyOptions Read(out IReadOnlyList<string> errors, params (string Key, string Value)[] values)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(values.ToDictionary(pair => pair.Key, pair => (string?)pair.Value));
        var reader = new SettingsReader(configuration.Build());
        var settings = ServerSettings.Read(reader);
        errors = reader.Errors;
        return settings.Transport.Proxies;
    }
}
