namespace EcgData.Shards.Subsets;

/// <summary>
/// Rearranges an order so that every beginning of it has the shares that quotas ask for: of the patient groups whose records would close
/// the largest gap, the next by rank. As no size enters, subsets of all sizes stay nested; as shares depend on who is there, records that
/// are added can move others.
/// </summary>
internal sealed class QuotaOrder
{
    private readonly SubsetRecords _records;
    private readonly IReadOnlyList<QuotaColumn> _columns;
    private readonly double[][] _shares;    // by column and value, the others behind the named ones
    private readonly long[][] _available;

    private QuotaOrder(SubsetRecords records, IReadOnlyList<QuotaColumn> columns, int[] order, bool balanced)
    {
        (_records, _columns) = (records, columns);
        _available = [.. columns.Select(column => new long[column.Values.Count + 1])];
        var strata = records.Strata;
        foreach (var record in order)
        {
            for (var column = 0; column < columns.Count; column++) _available[column][Value(strata[record], column)]++;
        }

        _shares = [.. columns.Select((column, index) => Shares(column, _available[index], balanced && column.Column == "source"))];
    }

    /// <param name="balanced">The open quota over sources means equal shares.</param>
    /// <param name="largest">Records that are needed in the new order, which ends with the group that reaches them.</param>
    public static (SubsetOrder Order, QuotaOrder Quotas) Rearrange(
        SubsetRecords records, IReadOnlyList<QuotaColumn> columns, SubsetOrder order, bool balanced, long largest)
    {
        var quotas = new QuotaOrder(records, columns, order.Records, balanced);
        return (quotas.Rearrange(order, largest), quotas);
    }

    /// <summary>How the first <paramref name="count"/> records of an order keep to the quotas.</summary>
    public IReadOnlyList<QuotaDeviation> Deviations(ReadOnlySpan<int> order, int count)
    {
        var found = _columns.Select(column => new long[column.Values.Count + 1]).ToArray();
        var strata = _records.Strata;
        foreach (var record in order[..count])
        {
            for (var column = 0; column < found.Length; column++) found[column][Value(strata[record], column)]++;
        }

        var deviations = new List<QuotaDeviation>();
        for (var column = 0; column < found.Length; column++)
        {
            for (var value = 0; value < found[column].Length; value++)
            {
                if (_shares[column][value] == 0 && found[column][value] == 0) continue;
                var records = found[column][value];
                var wanted = Math.Round(_shares[column][value], 6);
                deviations.Add(new QuotaDeviation(
                    _columns[column].Column, NameOf(column, value), wanted, count == 0 ? 0 : Math.Round(records / (double)count, 6), records,
                    records == _available[column][value] && records < wanted * count));
            }
        }

        return [.. deviations.OrderBy(one => one.Column, StringComparer.Ordinal).ThenBy(one => one.Value, StringComparer.Ordinal)];
    }

    private SubsetOrder Rearrange(SubsetOrder order, long largest)
    {
        var queues = Queues(order);
        var taken = _shares.Select(shares => new long[shares.Length]).ToArray();
        var (records, units) = (new List<int>(order.Records.Length), new List<int>(order.Units.Length));
        var strata = _records.Strata;
        while (records.Count < largest && Neediest(queues, taken, records.Count) is { } queue)
        {
            var unit = queue.Units[queue.Next++];
            units.Add(records.Count);
            foreach (var record in order.Records.AsSpan(order.Units[unit], order.Units[unit + 1] - order.Units[unit]))
            {
                records.Add(record);
                for (var column = 0; column < taken.Length; column++) taken[column][Value(strata[record], column)]++;
            }
        }

        units.Add(records.Count);
        return order with { Records = [.. records], Units = [.. units] };
    }

    /// <summary>The cell whose values lack most records in all; of equals the first by name.</summary>
    private Queue? Neediest(List<Queue> queues, long[][] taken, int count)
    {
        Queue? neediest = null;
        var largest = double.NegativeInfinity;
        foreach (var queue in queues)
        {
            if (queue.Next == queue.Units.Count) continue;
            double gap = 0;
            for (var column = 0; column < taken.Length; column++)
                gap += _shares[column][queue.Values[column]] * (count + 1) - taken[column][queue.Values[column]];
            if (gap > largest) (neediest, largest) = (queue, gap);
        }

        return neediest;
    }

    /// <summary>The patient groups of each cell, a combination of the values that most of their records have; cells by the names of their values.</summary>
    private List<Queue> Queues(SubsetOrder order)
    {
        var queues = new Dictionary<long, Queue>();
        var counts = _shares.Select(shares => new int[shares.Length]).ToArray();
        var values = new int[_columns.Count];
        for (var unit = 0; unit < order.Units.Length - 1; unit++)
        {
            var cell = Cell(order.Records.AsSpan(order.Units[unit], order.Units[unit + 1] - order.Units[unit]), counts, values);
            if (!queues.TryGetValue(cell, out var queue))
            {
                queues[cell] = queue = new Queue(string.Join('\0', values.Select((value, column) => NameOf(column, value))), [.. values]);
            }

            queue.Units.Add(unit);
        }

        return [.. queues.Values.OrderBy(queue => queue.Name, StringComparer.Ordinal)];
    }

    /// <param name="counts">Zeros, and zeros again afterwards.</param>
    /// <param name="values">Gets the value of each column that most of the records have; of equals the first by name.</param>
    private long Cell(ReadOnlySpan<int> unit, int[][] counts, int[] values)
    {
        long cell = 0;
        var strata = _records.Strata;
        for (var column = 0; column < values.Length; column++)
        {
            foreach (var record in unit) counts[column][Value(strata[record], column)]++;
            var most = Value(strata[unit[0]], column);
            foreach (var record in unit)
            {
                var value = Value(strata[record], column);
                var (count, largest) = (counts[column][value], counts[column][most]);
                if (count > largest || count == largest && value != most && string.CompareOrdinal(NameOf(column, value), NameOf(column, most)) < 0) most = value;
            }

            foreach (var record in unit) counts[column][Value(strata[record], column)] = 0;
            values[column] = most;
            cell |= (long)most << (16 * column);
        }

        return cell;
    }

    private static double[] Shares(QuotaColumn column, long[] available, bool balanced)
    {
        if (!column.IsOpen) return [.. column.Values.Select(value => value.Share), column.RestShare];
        double sum = available.Sum();
        var present = available.Count(count => count > 0);
        return [.. available.Select(count => count == 0 ? 0 : balanced ? 1.0 / present : count / sum)];
    }

    private string NameOf(int column, int value) =>
        value < _columns[column].Values.Count ? _columns[column].Values[value].Value : QuotaColumn.Others;

    private static int Value(long stratum, int column) => (int)(stratum >> (16 * column)) & 0xFFFF;

    private sealed record Queue(string Name, int[] Values)
    {
        public List<int> Units { get; } = [];

        public int Next { get; set; }
    }
}
