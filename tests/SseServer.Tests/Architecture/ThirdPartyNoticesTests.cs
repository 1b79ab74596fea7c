using System.Text.Json;
using System.Text.RegularExpressions;
using SseServer.Tests.Support;

namespace SseServer.Tests.Architecture;

/// <summary>What the published server is made of is told with its licence, and nothing else is.</summary>
public sealed partial class ThirdPartyNoticesTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "THIRD-PARTY-NOTICES.md"));

    // Tools of the build, which are not part of what it makes.
    private static readonly string[] Tools = ["Microsoft.NET.ILLink.Tasks"];

    [Test]
    public void Notices_are_of_the_packages_that_are_shipped_and_of_their_versions()
    {
        var shipped = new[] { "packages.lock.json", "packages.linux-x64.lock.json", "packages.linux-arm64.lock.json" }.SelectMany(Locked)
            .Distinct().Order(StringComparer.Ordinal);
        var noticed = Row().Matches(Page).Select(row => $"{row.Groups["name"].Value} {row.Groups["version"].Value}")
            .Order(StringComparer.Ordinal);
        Assert.That(noticed, Is.EqualTo(shipped));
    }

    [Test]
    public void Notices_name_the_runtime_that_is_shipped()
    {
        var version = Regex.Match(File.ReadAllText(Path.Combine(Repository.Root, "Directory.Build.props")),
            "<ShippedRuntimeVersion>(.+)</ShippedRuntimeVersion>").Groups[1].Value;
        Assert.That(version, Is.Not.Empty);
        Assert.That(Page, Does.Contain($"| .NET runtime and libraries (in self-contained files) | {version} | MIT |"));
    }

    [Test]
    public void Every_licence_has_its_text()
    {
        var texts = new Dictionary<string, string>
        {
            ["MIT"] = "Permission is hereby granted, free of charge",
            ["Apache-2.0"] = "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION",
            ["PostgreSQL"] = "Permission to use, copy, modify, and distribute this software and its",
            ["public domain (SQLite)"] = "",
        };
        foreach (var licence in Row().Matches(Page).Select(row => row.Groups["licence"].Value).Distinct())
        {
            Assert.That(texts, Does.ContainKey(licence));
            Assert.That(Page, Does.Contain(texts[licence]));
        }
    }

    private static IEnumerable<string> Locked(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "src", "SseServer", file)));
        return
        [
            .. from framework in json.RootElement.GetProperty("dependencies").EnumerateObject()
               from package in framework.Value.EnumerateObject()
               where package.Value.TryGetProperty("resolved", out _) && !Tools.Contains(package.Name)
               select $"{package.Name} {package.Value.GetProperty("resolved").GetString()}",
        ];
    }

    [GeneratedRegex(@"^\| (?<name>[\w.]+) \| (?<version>[0-9][^ ]*) \| (?<licence>[^|]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
