using System.Text.RegularExpressions;
using SseServer.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Endpoints;

/// <summary>docs/errors.md, which the server has at the address in each refusal's <c>type</c>.</summary>
public sealed partial class ErrorsPageTests
{
    [Test]
    public void Every_code_is_documented_and_every_documented_code_exists()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "errors.md"));
        var documented = Entry().Matches(page)
            .Select(entry => (entry.Groups[1].Value, int.Parse(entry.Groups[2].Value), entry.Groups[3].Value));
        Assert.That(documented, Is.EqualTo(ProblemCode.All.Select(code => (code.Text, code.Status, code.Title))));
    }

    [Test]
    public async Task Type_of_a_refusal_leads_to_its_entry()
    {
        await using var server = new ServerUnderTest();
        var type = (await server.SendAsync("GET", "/nothing")).Json.GetProperty("type").GetString()!.Split('#');
        var page = await server.SendAsync("GET", type[0]);
        Assert.That((page.Status, page["Content-Type"]), Is.EqualTo((200, "text/html; charset=utf-8")));
        Assert.That(page.Body, Does.Contain($"<h3 id=\"{type[1]}\">"));
        Assert.That(page["Content-Security-Policy"], Does.StartWith("default-src 'none'"));
    }

    [Test]
    public void Page_is_html_without_the_markup_of_its_source()
        => Assert.That(
            ErrorsPage.ToHtml("# A & b\n\nSee `x<y` in [the docs](a.md#b).\n\n```\n# <no heading>\n```\n"),
            Does.EndWith(
                "<h1 id=\"A &amp; b\">A &amp; b</h1>\n<p>See <code>x&lt;y</code> in the docs.</p>\n<pre># &lt;no heading&gt;\n</pre>\n"));

    // A heading, a line with the status and the title, and a paragraph.
    [GeneratedRegex(@"^### (\w+)\n\n`(\d+)` (.+)\.\n\n.+\n", RegexOptions.Multiline)]
    private static partial Regex Entry();
}
