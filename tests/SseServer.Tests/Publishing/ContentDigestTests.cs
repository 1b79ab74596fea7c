using SseServer.Publishing;

namespace SseServer.Tests.Publishing;

internal sealed class ContentDigestTests
{
    // Digests are stored, so they must never change. Computed with another program: the first 8 bytes, little-endian, of the SHA-256 of
    // final, the key's length in 2 bytes, the key, the lines of name and data.
    [TestCase("id: x\ndata: one\n\n", "", false, 877156610654170523L)]
    [TestCase("id: another\nretry: 5\ndata: one\n\n", "", false, 877156610654170523L)]
    [TestCase("id: x\nevent: e\nretry: 1000\ndata: one\ndata: two\n\n", "k", true, -4035418996351498812L)]
    public void Digest_is_of_name_data_key_and_end(string block, string key, bool isFinal, long digest)
        => Assert.That(ContentDigest.Of(Utf8(block), Utf8(key), isFinal), Is.EqualTo(digest));

    [TestCase(1, 1, true)]
    [TestCase(1, 2, false)]
    [TestCase(0, 1, true)]
    [TestCase(1, 0, true)]
    public void Unknown_digest_fits_any(long first, long second, bool fits)
        => Assert.That(ContentDigest.Fit(first, second), Is.EqualTo(fits));

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
