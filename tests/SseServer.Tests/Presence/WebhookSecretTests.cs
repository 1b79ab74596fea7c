using System.Security.Cryptography;
using System.Text;
using SseServer.Presence;

namespace SseServer.Tests.Presence;

internal sealed class WebhookSecretTests
{
    // The example of the Standard Webhooks libraries.
    [Test]
    public void Signature_is_that_of_the_standards_example()
    {
        WebhookSecret.TryCreate("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", out var secret);
        Assert.That(
            secret!.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}"""u8),
            Is.EqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    [Test]
    public void Text_without_the_prefix_is_the_key_itself()
    {
        const string Text = "a sentence that nobody guesses";
        WebhookSecret.TryCreate(Text, out var secret);
        var expected = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Text), "msg_1.7.{}"u8));
        Assert.That(secret!.Sign("msg_1", 7, "{}"u8), Is.EqualTo("v1," + expected));
    }

    [TestCase("", false)]
    [TestCase("hunter2", false)]
    [TestCase("23 characters are short", false)]
    [TestCase("24 characters will do...", true)]
    [TestCase("whsec_", false)]
    [TestCase("whsec_not base64 but long enough for a key!", false)]
    [TestCase("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", false)]
    [TestCase("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", true)]
    public void Key_has_24_bytes_or_more(string text, bool isValid)
        => Assert.That(WebhookSecret.TryCreate(text, out var secret) && secret is not null, Is.EqualTo(isValid));
}
