namespace EcgData.Reports;

/// <summary>A row of a sheet, in mm from the upper edge: where 0 mV lies, and the band that traces keep to.</summary>
internal readonly record struct SheetRow(double Baseline, double Top, double Bottom);

/// <summary>What a row wants above and below its baseline, in mm.</summary>
internal readonly record struct RowNeed(double Up, double Down);

/// <summary>Divides the height of a sheet among its rows: evenly where the amplitudes allow it, else by need.</summary>
internal static class SheetRows
{
    private const double BaselineShare = 0.55;   // R waves reach higher than S waves

    /// <param name="snap">Baselines of evenly spaced rows lie on multiples of it, from <paramref name="top"/>, in mm.</param>
    public static SheetRow[] Divide(ReadOnlySpan<RowNeed> needs, double top, double height, double snap)
    {
        var even = Evenly(needs.Length, top, height, snap);
        return Fits(needs, even, top, height) ? Bands(needs, even, top, height) : ByNeed(needs, top, height);
    }

    /// <summary>Whether nothing has to be cut.</summary>
    public static bool Fits(ReadOnlySpan<RowNeed> needs, double height)
    {
        var sum = 0.0;
        foreach (var need in needs) sum += need.Up + need.Down;
        return sum <= height;
    }

    private static double[] Evenly(int count, double top, double height, double snap)
    {
        var baselines = new double[count];
        for (var row = 0; row < count; row++)
            baselines[row] = top + Math.Round(height * (row + BaselineShare) / count / snap, MidpointRounding.AwayFromZero) * snap;
        return baselines;
    }

    private static bool Fits(ReadOnlySpan<RowNeed> needs, double[] baselines, double top, double height)
    {
        var fits = needs[0].Up <= baselines[0] - top && needs[^1].Down <= top + height - baselines[^1];
        for (var row = 1; row < needs.Length; row++) fits &= needs[row - 1].Down + needs[row].Up <= baselines[row] - baselines[row - 1];
        return fits;
    }

    /// <summary>Baselines one after another; rows that ask for more than there is get an equal, the largest possible, share.</summary>
    private static SheetRow[] ByNeed(ReadOnlySpan<RowNeed> needs, double top, double height)
    {
        var largest = LargestShare(needs, height);
        var given = new RowNeed[needs.Length];
        var used = 0.0;
        for (var row = 0; row < needs.Length; row++)
        {
            var scale = Math.Min(1, largest / (needs[row].Up + needs[row].Down));
            given[row] = new RowNeed(needs[row].Up * scale, needs[row].Down * scale);
            used += given[row].Up + given[row].Down;
        }

        var spare = (height - used) / needs.Length;
        var baselines = new double[needs.Length];
        for (var (row, at) = (0, top); row < needs.Length; row++)
        {
            baselines[row] = at + spare / 2 + given[row].Up;
            if (spare >= 1) baselines[row] = Math.Round(baselines[row]);   // on a line of the grid, where there is room for it
            at += spare + given[row].Up + given[row].Down;
        }

        return Bands(given, baselines, top, height);
    }

    private static double LargestShare(ReadOnlySpan<RowNeed> needs, double height)
    {
        var sorted = needs.ToArray().Select(need => need.Up + need.Down).Order().ToArray();
        var left = height;
        for (var index = 0; index < sorted.Length; index++)
        {
            var share = left / (sorted.Length - index);
            if (sorted[index] > share) return share;
            left -= sorted[index];
        }

        return double.PositiveInfinity;
    }

    /// <summary>Neighbours share what neither needs.</summary>
    private static SheetRow[] Bands(ReadOnlySpan<RowNeed> needs, double[] baselines, double top, double height)
    {
        var rows = new SheetRow[baselines.Length];
        var upper = top;
        for (var row = 0; row < rows.Length; row++)
        {
            var lower = row == rows.Length - 1
                ? top + height
                : (baselines[row] + needs[row].Down + baselines[row + 1] - needs[row + 1].Up) / 2;
            rows[row] = new SheetRow(baselines[row], upper, lower);
            upper = lower;
        }

        return rows;
    }
}
