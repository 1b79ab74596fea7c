using SseServer.Protocol.Http;

namespace SseServer.Protocol.Tests.Http;

public class RequestRejectionsTests
{
    private static IEnumerable<RequestRejection> Reasons =>
        Enum.GetValues<RequestRejection>().Where(reason => reason != RequestRejection.None);

    [Test]
    public void Every_reason_has_the_status_of_an_error_with_a_reason_phrase([ValueSource(nameof(Reasons))] RequestRejection reason)
    {
        int status = RequestRejections.StatusOf(reason);

        Assert.That(status, Is.InRange(400, 599));
        Assert.That(ResponseHead.ReasonPhrase(status).Length, Is.Positive);
    }

    [Test]
    public void Every_reason_has_a_sentence_of_its_own()
    {
        string[] sentences = [.. Reasons.Select(RequestRejections.Explain)];

        Assert.That(sentences, Is.Unique);
        Assert.That(sentences, Has.All.Match("^[A-Z].*\\.$"));
    }

    [TestCase(RequestRejection.MalformedRequestLine, 400)]
    [TestCase(RequestRejection.MissingHost, 400)]
    [TestCase(RequestRejection.ChunkedNotFinal, 400)]
    [TestCase(RequestRejection.RequestTimeout, 408)]
    [TestCase(RequestRejection.LengthRequired, 411)]
    [TestCase(RequestRejection.BodyTooLarge, 413)]
    [TestCase(RequestRejection.RequestLineTooLong, 414)]
    [TestCase(RequestRejection.UnknownExpectation, 417)]
    [TestCase(RequestRejection.HeaderSectionTooLarge, 431)]
    [TestCase(RequestRejection.TooManyHeaders, 431)]
    [TestCase(RequestRejection.UnsupportedTransferCoding, 501)]
    [TestCase(RequestRejection.MethodTooLong, 400)]
    [TestCase(RequestRejection.TunnelRequested, 501)]
    [TestCase(RequestRejection.UnsupportedVersion, 505)]
    [TestCase(RequestRejection.Http2Preface, 505)]
    public void The_status_is_the_one_the_standards_name(RequestRejection reason, int expected) =>
        Assert.That(RequestRejections.StatusOf(reason), Is.EqualTo(expected));

    [Test]
    public void No_rejection_has_no_text() => Assert.That(RequestRejections.Explain(RequestRejection.None), Is.Empty);
}
