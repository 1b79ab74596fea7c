using Microsoft.Extensions.Configuration;
using SseServer.Endpoints;
using SseServer.Hosting.Settings;
using SseServer.Tests.Support;

namespace SseServer.Tests.Limits;

public sealed class LimitInfoTests
{
    [Test]
    public void Every_limit_is_found_by_its_kind()
    {
        var kinds = Enum.GetValues<LimitKind>().Where(kind => kind != LimitKind.None).ToArray();
        Assert.That(kinds.Select(kind => LimitInfo.Of(kind).Kind), Is.EqualTo(kinds));
        Assert.That(LimitInfo.All, Has.Count.EqualTo(kinds.Length));
    }

    [Test]
    public void Every_limit_has_a_label_of_its_own()
    {
        Assert.That(LimitInfo.All.Select(limit => limit.Label), Is.Unique);
        Assert.That(LimitInfo.All.Select(limit => limit.Label), Has.All.Match("^[a-z_]+$"));
    }

    [Test]
    public void Every_limit_names_an_existing_setting()
    {
        var reader = new SettingsReader(new ConfigurationBuilder().Build());
        ServerSettings.Read(reader);
        Assert.That(LimitInfo.All.Select(limit => limit.Setting), Is.SubsetOf(reader.Descriptors.Select(descriptor => descriptor.Key)));
    }

    // RFC 6585 section 4 and RFC 9110 section 15.6.4.
    [Test]
    public void Limits_of_a_client_are_429_and_limits_of_the_server_503()
    {
        foreach (var limit in LimitInfo.All.Where(limit => limit.Code is not null))
        {
            var isClients = limit.Label.EndsWith("_per_client", StringComparison.Ordinal)
                || limit.Kind is LimitKind.ConnectionsPerAddress or LimitKind.PublishRate;
            Assert.That(limit.Code!.Status, Is.EqualTo(isClients ? 429 : 503), limit.Label);
        }

        Assert.That(LimitInfo.All.Where(limit => limit.IsSoft && limit.Code is null), Is.Empty);
    }

    [Test]
    public void Soft_limits_name_their_setting_to_the_client()
    {
        foreach (var limit in LimitInfo.All.Where(limit => limit.IsSoft && limit.Kind != LimitKind.Memory))
            Assert.That(limit.Sentence, Does.Contain(limit.Setting));
    }

    [Test]
    public void Every_limit_is_documented()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "limits.md"));
        foreach (var limit in LimitInfo.All)
        {
            Assert.That(page, Does.Contain($"`{limit.Label}`"));
            Assert.That(page, Does.Contain($"`{limit.Setting}`"));
        }
    }
}
