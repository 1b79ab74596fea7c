using System.Collections;
using System.Numerics;

namespace SseServer.Catalog;

/// <summary>
/// The patterns that match a topic: one bit for each slot of the table. Patterns that were removed since are skipped. Under the catalog's
/// lock.
/// </summary>
internal readonly struct MatchedPatterns(PatternTable table, ulong[] slots) : IEnumerable<PatternLog>
{
    public Enumerator GetEnumerator() => new(table, slots);

    IEnumerator<PatternLog> IEnumerable<PatternLog>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public struct Enumerator(PatternTable table, ulong[] slots) : IEnumerator<PatternLog>
    {
        private ulong _rest;
        private int _word = -1;

        public PatternLog Current { readonly get; private set; } = null!;

        readonly object IEnumerator.Current => Current;

        public bool MoveNext()
        {
            while (_rest == 0)
            {
                if (++_word >= slots.Length) return false;
                _rest = slots[_word] & table.InUse(_word);
            }

            Current = table.At(_word * 64 + BitOperations.TrailingZeroCount(_rest));
            _rest &= _rest - 1;
            return true;
        }

        public void Reset() => (_rest, _word) = (0, -1);

        public readonly void Dispose()
        {
        }
    }
}
