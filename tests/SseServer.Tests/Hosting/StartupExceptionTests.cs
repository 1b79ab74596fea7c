using System.Net.Sockets;
using SseServer.Hosting;

namespace SseServer.Tests.Hosting;

internal sealed class StartupExceptionTests
{
    [TestCase(SocketError.AddressAlreadyInUse, "is already in use")]
    [TestCase(SocketError.AccessDenied, "may not be bound by this user")]
    [TestCase(SocketError.AddressNotAvailable, "is not an address of this machine")]
    [TestCase(SocketError.AddressFamilyNotSupported, "no IPv6")]
    [TestCase(SocketError.NetworkDown, "cannot be listened on")]
    public void Address_that_cannot_be_bound_is_one_sentence_with_a_way_out(SocketError error, string why)
    {
        var exception = StartupException.CannotListen("10.0.0.1:80", new SocketException((int)error));

        Assert.That(exception.Message, Does.StartWith("10.0.0.1:80 ").And.Contain(why).And.Contain("--listen HOST:PORT").And.EndWith("."));
    }
}
