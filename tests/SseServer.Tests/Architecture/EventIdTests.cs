using System.Reflection;
using Microsoft.Extensions.Logging;

namespace SseServer.Tests.Architecture;

/// <summary>Operators search and alert by event id, so one id is one message, for good.</summary>
internal sealed class EventIdTests
{
    private static readonly (string Method, LoggerMessageAttribute Message)[] Messages =
    [
        .. from type in typeof(SseServer.Hosting.Commands.ExitCode).Assembly.GetTypes()
           from method in type.GetMethods(
                BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
           let message = method.GetCustomAttribute<LoggerMessageAttribute>()
           where message is not null
           select ($"{type.Name}.{method.Name}", message),
    ];

    [Test]
    public void Event_ids_are_unique()
    {
        var shared = Messages.GroupBy(message => message.Message.EventId)
            .Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(message => message.Method))}");

        Assert.That(Messages, Is.Not.Empty);
        Assert.That(shared, Is.Empty);
    }

    [Test]
    public void Every_message_has_an_id_of_its_own_choice()
        => Assert.That(Messages.Where(message => message.Message.EventId <= 0).Select(message => message.Method), Is.Empty);
}
