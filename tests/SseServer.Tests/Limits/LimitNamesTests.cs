using Microsoft.Extensions.Configuration;
using SseServer.Endpoints;
using SseServer.Hosting.Settings;

namespace SseServer.Tests.Limits;

public sealed class LimitNamesTests
{
    [Test]
    public void Every_limit_has_a_label_of_its_own()
    {
        Assert.That(LimitNames.All.Select(LimitNames.Label), Is.Unique);
        Assert.That(LimitNames.All.Select(LimitNames.Label), Has.All.Match("^[a-z_]+$"));
    }

    [Test]
    public void Every_limit_names_a_setting_that_there_is()
    {
        var reader = new SettingsReader(new ConfigurationBuilder().Build());
        ServerSettings.Read(reader);
        Assert.That(LimitNames.All.Select(LimitNames.Setting), Is.SubsetOf(reader.Descriptors.Select(descriptor => descriptor.Key)));
    }

    [Test]
    public void What_may_work_later_names_its_setting_to_the_client()
    {
        foreach (var limit in LimitNames.All.Where(limit => LimitNames.IsSoft(limit) && limit != LimitKind.Memory))
            Assert.That(LimitNames.Explain(limit), Does.Contain(LimitNames.Setting(limit)));
    }

    [Test]
    public void Every_limit_stands_in_the_documentation()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryRoot(), "docs", "limits.md"));
        foreach (var limit in LimitNames.All)
        {
            Assert.That(page, Does.Contain($"`{LimitNames.Label(limit)}`"));
            Assert.That(page, Does.Contain($"`{LimitNames.Setting(limit)}`"));
        }
    }

    private static string RepositoryRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "SseServer.slnx"))) directory = directory.Parent;
        return directory.FullName;
    }
}
