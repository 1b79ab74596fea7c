using SseServer.Hosting.Settings;

namespace SseServer.Tests.Hosting.Settings;

internal sealed class EnvironmentSettingsTests
{
    private static readonly SettingDescriptor[] Declared = [new("Server:Listen", SettingKind.List, "", "", "")];

    [Test]
    public void Double_underscores_separate_sections()
    {
        var selected = EnvironmentSettings.Select([new("SSE_Auth__Keys__web", "x"), new("PATH", "/bin"), new("ASPNETCORE_Server__Listen", "y")]);

        Assert.That(selected, Is.EqualTo(new[] { new KeyValuePair<string, string?>("Auth:Keys:web", "x") }));
    }

    [Test]
    public void Variables_that_Kubernetes_makes_for_a_service_named_sse_are_left_alone()
    {
        KeyValuePair<string, string?>[] variables =
            [new("SSE_SERVICE_HOST", "10.0.0.1"), new("SSE_PORT", "tcp://10.0.0.1:80"), new("SSE_PORT_80_TCP_ADDR", "10.0.0.1")];

        Assert.That(EnvironmentSettings.Select(variables), Is.Empty);
        Assert.That(EnvironmentSettings.Mistaken(variables, Declared), Is.Empty);
    }

    [Test]
    public void Setting_with_single_underscores_is_reported()
        => Assert.That(
            EnvironmentSettings.Mistaken([new("SSE_SERVER_LISTEN", "*:80")], Declared),
            Is.EqualTo(new[] { "The environment variable SSE_SERVER_LISTEN sets nothing; write SSE_Server__Listen, with two underscores." }));
}
