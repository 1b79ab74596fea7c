using Microsoft.Extensions.Configuration;
using SseServer.Hosting.Settings;

namespace SseServer.Tests.Hosting.Settings;

internal sealed class EnvironmentSettingsTests
{
    private static readonly SettingDescriptor[] Declared = [new("Server:Listen", SettingKind.List, "", "", "")];

    [Test]
    public void Double_underscores_separate_sections()
    {
        var selected = EnvironmentSettings
            .Select([new("SSE_Auth__Keys__web", "x"), new("PATH", "/bin"), new("ASPNETCORE_Server__Listen", "y")]);

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

    // Services and links of other names: what Kubernetes and Docker make for sse-server, sse-auth, sse-proxy and sse-relay.
    [TestCase("SSE_SERVER_SERVICE_HOST")]
    [TestCase("SSE_SERVER_SERVICE_PORT")]
    [TestCase("SSE_SERVER_SERVICE_PORT_HTTP")]
    [TestCase("SSE_SERVER_PORT")]
    [TestCase("SSE_SERVER_PORT_8080_TCP")]
    [TestCase("SSE_SERVER_PORT_8080_TCP_ADDR")]
    [TestCase("SSE_SERVER_PORT_8080_TCP_PROTO")]
    [TestCase("SSE_SERVER_NAME")]
    [TestCase("SSE_SERVER_URL")]
    [TestCase("SSE_AUTH_PORT_80_TCP_PORT")]
    [TestCase("SSE_AUTH_TOKEN")]
    [TestCase("SSE_PROXY_PORT_80_TCP")]
    [TestCase("SSE_RELAY_SERVICE_HOST")]
    [TestCase("SSE_HISTORY_SERVICE_PORT")]
    [TestCase("SSE_")]
    [TestCase("SSE_Auth")]
    [TestCase("SSE_KEYS_DIR")]
    [TestCase("SSE_KEYSTORE_SECRET")]
    [TestCase("SSE-PORT")]
    [TestCase("SSECRET_KEYS_ci_Secret")]
    [TestCase("SSE_SERILOG_SERVICE_HOST")]
    [TestCase("SSE_SERILOG_PORT_80_TCP")]
    [TestCase("SSE_Auth_Keys")]
    [TestCase("SSE_Auth_PublishKeys")]
    public void Variable_that_means_no_setting_is_left_alone(string name)
        => Assert.That(EnvironmentSettings.Mistaken([new(name, "x")], All()), Is.EqualTo(name == "SSE_Auth_PublishKeys"
            ? ["The environment variable SSE_Auth_PublishKeys is not a setting; write SSE_Auth__PublishKeys__NAME, with two underscores."]
            : Array.Empty<string>()));

    // To pass such a variable over would start a server without the key that it was to have.
    [TestCase("SSE_Auth_PublishKeys_ci", "SSE_Auth__PublishKeys__ci")]
    [TestCase("SSE_AUTH_PUBLISHKEYS_CI", "SSE_Auth__PublishKeys__CI")]
    [TestCase("SSE_AUTH_PUBLISH_KEYS_CI", "SSE_Auth__PublishKeys__CI")]
    [TestCase("sse_auth_publishkeys_ci", "SSE_Auth__PublishKeys__ci")]
    [TestCase("SSE_Auth_PublishKey_ci", "SSE_Auth__PublishKeys__ci")]
    [TestCase("SSE_Auth_PublishKeys_my_shop", "SSE_Auth__PublishKeys__my_shop")]
    [TestCase("SSE_Auth_Keys_web_Secret", "SSE_Auth__Keys__web__Secret")]
    [TestCase("SSE_Auth_Keys_my_shop_Publish_0", "SSE_Auth__Keys__my_shop__Publish__0")]
    [TestCase("SSE_Auth_Jwt_Keys_k1_SecretBase64", "SSE_Auth__Jwt__Keys__k1__SecretBase64")]
    [TestCase("SSE_Auth_Jwt_Issuer", "SSE_Auth__Jwt__Issuer")]
    [TestCase("SSE_Auth_ProtectedTopics", "SSE_Auth__ProtectedTopics")]
    [TestCase("SSE_Auth_ProtectedTopics_0", "SSE_Auth__ProtectedTopics__0")]
    [TestCase("SSE_Auth_AllowAnonymousPublish", "SSE_Auth__AllowAnonymousPublish")]
    [TestCase("SSE_Topics_Rules_0_Pattern", "SSE_Topics__Rules__0__Pattern")]
    [TestCase("SSE_Relay_1_Authorization", "SSE_Relay__1__Authorization")]
    [TestCase("SSE_Presence_Webhooks_0_Secret", "SSE_Presence__Webhooks__0__Secret")]
    [TestCase("SSE_SERVER_ALLOWED_HOSTS", "SSE_Server__AllowedHosts")]
    [TestCase("SSE_LIMITS_MAX_STREAMS_PER_CLIENT", "SSE_Limits__MaxStreamsPerClient")]
    [TestCase("SSE_Serilog_MinimumLevel", "SSE_Serilog__MinimumLevel")]
    [TestCase("SSE_SERILOG_MINIMUM_LEVEL", "SSE_Serilog__MinimumLevel")]
    [TestCase("SSE_Serilog_MinimumLevel_Default", "SSE_Serilog__MinimumLevel__Default")]
    [TestCase("SSE_Serilog_MinimumLevel_Override_SseServer.Transport", "SSE_Serilog__MinimumLevel__Override__SseServer.Transport")]
    [TestCase("SSE_Serilog_WriteTo_0", "SSE_Serilog__WriteTo__0")]
    [TestCase("SSE_Serilog_WriteTo_0_Name", "SSE_Serilog__WriteTo__0__Name")]
    [TestCase("SSE_Serilog_WriteTo_0_Args_outputTemplate", "SSE_Serilog__WriteTo__0__Args__outputTemplate")]
    [TestCase("SSE_Serilog_Properties_Node", "SSE_Serilog__Properties__Node")]
    // A key without its secret, and one without its section.
    [TestCase("SSE_AUTH_KEYS_CI", "SSE_Auth__Keys__CI__Secret")]
    [TestCase("SSE_Auth_Jwt_Keys_k1", "SSE_Auth__Jwt__Keys__k1__Secret")]
    [TestCase("SSE_PUBLISHKEYS_CI", "SSE_Auth__PublishKeys__CI")]
    [TestCase("SSE_PUBLISH_KEYS_CI", "SSE_Auth__PublishKeys__CI")]
    [TestCase("SSE_Keys_ci_Secret", "SSE_Auth__Keys__ci__Secret")]
    // The separators of JSON, of property files and of command lines.
    [TestCase("SSE_Auth:PublishKeys:ci", "SSE_Auth__PublishKeys__ci")]
    [TestCase("SSE:Auth:PublishKeys:ci", "SSE_Auth__PublishKeys__ci")]
    [TestCase("SSE_Auth.PublishKeys.ci", "SSE_Auth__PublishKeys__ci")]
    [TestCase("sse.auth.publish-keys.ci", "SSE_Auth__PublishKeys__ci")]
    [TestCase("SSE-Auth-PublishKeys-ci", "SSE_Auth__PublishKeys__ci")]
    [TestCase("SSE_Auth_PublishKeys_my-shop.eu", "SSE_Auth__PublishKeys__my-shop.eu")]
    [TestCase("SSE_Serilog:MinimumLevel", "SSE_Serilog__MinimumLevel")]
    public void Variable_with_single_underscores_is_refused_with_the_right_spelling(string name, string right)
        => Assert.That(EnvironmentSettings.Mistaken([new(name, "x")], All()),
            Is.EqualTo(new[] { $"The environment variable {name} is not a setting; write {right}, with two underscores." }));

    [Test]
    public async Task Server_whose_key_is_set_with_single_underscores_does_not_start()
    {
        var error = new StringWriter();
        KeyValuePair<string, string?>[] environment = [new("SSE_Auth_PublishKeys_ci", "a-secret-of-ci"),
            new("SSE_Auth__Keys__web__Secret", "a-secret-of-the-web-key")];
        Assert.That(await SseServer.Hosting.ServerProgram.RunAsync([], environment, new StringWriter(), error,
            _ => { }, new CancellationToken(canceled: true)), Is.EqualTo(2));
        Assert.That(error.ToString(), Is.EqualTo("The environment variable SSE_Auth_PublishKeys_ci is not a setting; write "
            + "SSE_Auth__PublishKeys__ci, with two underscores." + Environment.NewLine));
    }

    [TestCase("SSE_Serilog_MinimmLevel", "SSE_Serilog__MinimumLevel")]
    [TestCase("SSE_Serilog_Sinks_0", "SSE_Serilog__Sinks__0")]
    [TestCase("SSE_Serilog_WriteTo_0_Args", "SSE_Serilog__WriteTo__0__Args")]
    public void Variable_of_the_log_that_the_log_does_not_know_is_refused_too(string name, string right)
        => Assert.That(EnvironmentSettings.Mistaken([new(name, "x")], All())
            .Single(), Does.Contain(name).And.Contain($"write {right}, with"));

    private static IReadOnlyCollection<SettingDescriptor> All()
    {
        var reader = new SettingsReader(new ConfigurationBuilder().Build());
        ServerSettings.Read(reader);
        return reader.Descriptors;
    }

    [Test]
    public void Setting_with_single_underscores_is_reported()
        => Assert.That(
            EnvironmentSettings.Mistaken([new("SSE_SERVER_LISTEN", "*:80")], Declared),
            Is.EqualTo(new[] { "The environment variable SSE_SERVER_LISTEN is not a setting; write SSE_Server__Listen, with two "
                + "underscores." }));
}
