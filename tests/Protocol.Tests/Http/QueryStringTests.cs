using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

public class QueryStringTests
{
    [TestCase("", "")]
    [TestCase("a=b", "<a|b>")]
    [TestCase("topic=x&topic=y&since=all", "<topic|x><topic|y><since|all>")]
    [TestCase("a", "<a|>")]
    [TestCase("a=", "<a|>")]
    [TestCase("=b", "<|b>")]
    [TestCase("a=b=c", "<a|b=c>")]
    [TestCase("&&a=b&&", "<a|b>")]
    [TestCase("a=%26&b=+", "<a|%26><b|+>")]
    [TestCase("a=b;c=d", "<a|b;c=d>")]
    public void Parameters_come_raw_and_in_order(string query, string expected)
    {
        string all = "";
        foreach (QueryParameter parameter in new QueryString(query.ToUtf8()))
            all += $"<{Text.Utf8(parameter.Name)}|{Text.Utf8(parameter.Value)}>";

        Assert.That(all, Is.EqualTo(expected));
    }
}
