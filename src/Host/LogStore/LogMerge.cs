namespace VmTools.Host.LogStore;

/// <summary>Puts several sources' records in the order of their times. Each source keeps its own order, whatever times it gives.</summary>
internal static class LogMerge
{
    public static IEnumerable<StoredRecord> ByTime(IEnumerable<IEnumerable<StoredRecord>> sources)
    {
        var waiting = new PriorityQueue<IEnumerator<StoredRecord>, (DateTimeOffset Time, int Place)>();
        var all = sources.Select(source => source.GetEnumerator()).ToArray();
        try
        {
            for (var place = 0; place < all.Length; place++)
            {
                Await(all[place], place, DateTimeOffset.MinValue);
            }

            while (waiting.TryDequeue(out var first, out var order))
            {
                yield return first.Current;
                Await(first, order.Place, order.Time);
            }
        }
        finally
        {
            foreach (var source in all)
            {
                source.Dispose();
            }
        }

        // A time that goes back does not move a record before its predecessor.
        void Await(IEnumerator<StoredRecord> source, int place, DateTimeOffset notBefore)
        {
            if (source.MoveNext())
            {
                waiting.Enqueue(source, (source.Current.Line.Time > notBefore ? source.Current.Line.Time : notBefore, place));
            }
        }
    }
}
