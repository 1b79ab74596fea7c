using System.Buffers;
using System.Text;

using SseServer.Tests.Support;

namespace SseServer.Tests.Fuzzing;

/// <summary>Runs a check on damaged inputs. A failure shows the input, which should become a case of an ordinary test.</summary>
internal static class Fuzz
{
    /// <summary>The number of inputs per seed.</summary>
    public static int Rounds { get; } = Scale.IsLong ? 50_000 : 500;

    /// <summary>
    /// Checks whole samples, and the same damaged in one to four places. The check returns whether the input was accepted: there must be
    /// many of both kinds, or only one of them was checked.
    /// </summary>
    public static void Check(int seed, Func<Samples, string> sample, Func<string, bool> check)
    {
        var taken = 0;
        Check(seed, sample, (text, _) => taken += check(text) ? 1 : 0);
        Assert.That(taken, Is.InRange(Rounds / 20, Rounds - (Rounds / 20)), "inputs that were taken");
    }

    /// <summary>Checks whole samples, and the same samples damaged in one to four places.</summary>
    public static void Check(int seed, Func<Samples, string> sample, Action<string, Random> check)
    {
        var random = new Random(seed);
        var samples = new Samples(random);
        var mutator = new Mutator(random);
        for (var round = 0; round < Rounds; round++)
        {
            var text = sample(samples);
            if (round % 10 != 0) text = mutator.Mutate(text, sample(samples));
            try
            {
                check(text, random);
            }
            catch (Exception e) when (e is not SuccessException and not AssertionException)
            {
                Assert.Fail($"Seed {seed}, round {round}: {Show(text)} makes it throw {e}");
            }
        }
    }

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>As a C# literal.</summary>
    public static string Show(string text) => string.Concat(text.Select(character => character switch
    {
        '\r' => "\\r",
        '\n' => "\\n",
        '"' or '\\' => "\\" + character,
        < ' ' or > '~' => $"\\u{(int)character:x4}",
        _ => character.ToString(),
    }));

    /// <summary>The bytes in segments of random length, empty ones among them.</summary>
    public static ReadOnlySequence<byte> Cut(byte[] bytes, Random random)
    {
        var first = new Segment(default, null);
        var last = first;
        for (int at = 0, next; at < bytes.Length; at = next)
        {
            next = Math.Min(bytes.Length, at + random.Next(random.Next(2) == 0 ? 3 : 40));
            last = new Segment(bytes.AsMemory(at, next - at), last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> bytes, Segment? previous)
        {
            Memory = bytes;
            if (previous is null) return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}
