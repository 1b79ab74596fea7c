using Microsoft.Extensions.Configuration;
using SseServer.Hosting.Settings;

namespace SseServer.Tests.Hosting.Settings;

/// <summary>
/// Origins and host names in the settings: what has one meaning is brought to the form that clients send, everything else is refused,
/// since it would never match.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class OriginSettingsTests
{
    private const string Origins = "Cors:AllowedOrigins";
    private const string Hosts = "Server:AllowedHosts";

    [TestCase("*", "*")]
    [TestCase("https://app.example", "https://app.example")]
    [TestCase("https://app.example/", "https://app.example")]
    [TestCase("https://app.example:443", "https://app.example")]
    [TestCase("https://app.example:443/", "https://app.example")]
    [TestCase("http://app.example:80", "http://app.example")]
    [TestCase("https://app.example:80", "https://app.example:80")]
    [TestCase("http://app.example:443", "http://app.example:443")]
    [TestCase("HTTPS://App.Example:8443", "https://app.example:8443")]
    [TestCase("https://bücher.example", "https://xn--bcher-kva.example")]
    [TestCase("https://BÜCHER.example:8443/", "https://xn--bcher-kva.example:8443")]
    [TestCase("https://xn--bcher-kva.example", "https://xn--bcher-kva.example")]
    [TestCase("http://localhost:3000", "http://localhost:3000")]
    [TestCase("http://127.0.0.1", "http://127.0.0.1")]
    [TestCase("http://[::1]:3000", "http://[::1]:3000")]
    [TestCase("http://[2001:DB8:0:0::1]", "http://[2001:db8::1]")]
    [TestCase("https://my_app.example", "https://my_app.example")]
    [TestCase("capacitor://localhost", "capacitor://localhost")]
    [TestCase("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop")]
    [TestCase("https://*.app.example", "https://*.app.example")]
    [TestCase("https://*.App.Example:443/", "https://*.app.example")]
    [TestCase("https://*.a.b.example:8443", "https://*.a.b.example:8443")]
    [TestCase("https://*.bücher.example", "https://*.xn--bcher-kva.example")]
    [TestCase("https://a.example,https://a.example/", "https://a.example")]
    public void Origin_is_brought_to_the_form_that_browsers_send(string text, string origin)
    {
        var settings = Read(Origins, text, out var errors);
        Assert.That(errors, Is.Empty);
        Assert.That(settings.Endpoints.AllowedOrigins, Is.EqualTo(new[] { origin }));
    }

    [TestCase("app.example", "has no scheme; write https://app.example, or http:// if the pages are served that way.")]
    [TestCase("app.example:8443/", "has no scheme; write https://app.example:8443, or http:// if the pages are served that way.")]
    [TestCase("//app.example", "has no scheme; write https://app.example, or http:// if the pages are served that way.")]
    [TestCase("https://app.example/page", "has a path or query, which an origin does not have; write https://app.example.")]
    [TestCase("https://app.example//", "has a path or query, which an origin does not have; write https://app.example.")]
    [TestCase("https://app.example?x", "has a path or query, which an origin does not have; write https://app.example.")]
    [TestCase("https://app.example#x", "has a path or query, which an origin does not have; write https://app.example.")]
    [TestCase("https://user@app.example", "has a user name")]
    [TestCase("https://", "is not an origin")]
    [TestCase("https:///", "is not an origin")]
    [TestCase("https://app.example:", "is not an origin")]
    [TestCase("https://app.example:99999", "is not an origin")]
    [TestCase("https://app.example:x", "is not an origin")]
    [TestCase("https://app example", "is not an origin")]
    [TestCase("https://[::1", "is not an origin")]
    [TestCase("null", "is the origin of any page in a file")]
    [TestCase("NULL", "is the origin of any page in a file")]
    [TestCase("file://", "is not an origin, because pages from files have the origin null")]
    [TestCase("file:///home/me/page.html", "is not an origin, because pages from files have the origin null")]
    [TestCase("wss://app.example", "has a scheme that no page has")]
    [TestCase("htps://app.example", "has a scheme that no page has")]
    [TestCase("*.app.example", "has no scheme")]
    [TestCase("https://*", "has a wildcard in the wrong place; put the wildcard before two or more labels, "
        + "such as https://*.app.example.")]
    [TestCase("https://*.", "has a wildcard before a single label")]
    [TestCase("https://*.example", "has a wildcard before a single label")]
    [TestCase("https://*.localhost", "has a wildcard before a single label")]
    [TestCase("https://a*.app.example", "has a wildcard in the wrong place")]
    [TestCase("https://app.*.example", "has a wildcard in the wrong place")]
    [TestCase("https://*app.example", "has a wildcard in the wrong place")]
    [TestCase("https://*.*.app.example", "is not an origin")]
    [TestCase("https://*.app.example/x", "has a path or query")]
    [TestCase("https://*.1.2.3.4", "")]
    [TestCase("*://app.example", "has a scheme that no page has")]
    [TestCase("https://app.example:*", "has a wildcard in the wrong place")]
    public void Origin_that_would_never_match_is_refused(string text, string reason)
    {
        Read(Origins, text, out var errors);
        Assert.That(errors, Has.Count.EqualTo(1));
        Assert.That(errors[0], Does.StartWith($"{Origins}: '{text}' ").And.Contain(reason).And.Match("; (write|use|put) .*\\.$"));
    }

    [TestCase("events.example", "events.example")]
    [TestCase("Events.Example.", "events.example")]
    [TestCase("bücher.example", "xn--bcher-kva.example")]
    [TestCase("my_host", "my_host")]
    [TestCase("10.1.2.3", "10.1.2.3")]
    [TestCase("[2001:DB8:0::1]", "[2001:db8::1]")]
    [TestCase("2001:db8::1", "[2001:db8::1]")]
    [TestCase("::1", "[::1]")]
    public void Host_is_brought_to_the_form_that_clients_send(string text, string host)
    {
        var settings = Read(Hosts, text, out var errors);
        Assert.That(errors, Is.Empty);
        Assert.That(settings.Endpoints.AllowedHosts, Is.EqualTo(new[] { host }));
    }

    [TestCase("events.example:8443", "has a port; write the name alone, such as events.example; its port does not matter.")]
    [TestCase("[2001:db8::1]:8443", "has a port")]
    [TestCase("https://events.example", "has a scheme; write the name alone")]
    [TestCase("events.example/", "is more than a name")]
    [TestCase("user@events.example", "is more than a name")]
    [TestCase("*", "has a wildcard")]
    [TestCase("*.example", "has a wildcard, which is not possible here; list each name")]
    [TestCase("[events.example]", "is not a host name")]
    [TestCase(".", "is not a host name")]
    [TestCase("a..b", "is not a host name")]
    [TestCase("fe80::1%eth0", "has a port")]
    public void Host_that_would_never_match_is_refused(string text, string reason)
    {
        Read(Hosts, text, out var errors);
        Assert.That(errors, Has.Count.EqualTo(1));
        Assert.That(errors[0], Does.StartWith($"{Hosts}: '{text}' {reason}"));
    }

    private static ServerSettings Read(string key, string text, out IReadOnlyList<string> errors)
    {
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection([new(key, text)]).Build());
        var settings = ServerSettings.Read(reader);
        errors = reader.Errors;
        return settings;
    }
}
