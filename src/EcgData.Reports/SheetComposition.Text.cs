using EcgData.Signals;

namespace EcgData.Reports;

internal sealed partial class SheetComposition
{
    private const double RegularWeight = 0.115, BoldWeight = 0.17;   // width of a line, in heights of a capital
    private const double NameHeight = 2.9, RowNameHeight = 2.6, SmallHeight = 1.55, TextHeight = 2.05;
    private const double TextLeft = GridLeft, TextRight = GridLeft + GridWidth;
    private const double Between = 8;   // what two texts on one line keep apart

    private static string Name(Lead lead) => Montage.Names[(int)lead];

    private void DrawName(Strip strip)
    {
        var row = _rows[strip.Row];
        var name = Name(strip.Lead);
        var present = _segment.Leads[(int)strip.Lead] is not null && EndSeconds > strip.From;
        var derived = _segment.DerivedLeads.Contains(strip.Lead);
        var ink = present ? Trace : Quiet;
        if (_layout == SheetLayout.TwelveByOne)
        {
            var (left, bottom) = (GridLeft + 0.9, row.Baseline + RowNameHeight / 2);
            Write("lead", name, left, bottom, RowNameHeight, ink, BoldWeight, halo: true);
            if (derived) Write("derived", "derived", left, bottom + 2.6, SmallHeight, Quiet, halo: true);
            return;
        }

        var x = X(strip.From) + 1.5;
        var y = NameBottom(strip, row, x, x + StrokeFont.Measure(name, NameHeight));
        Write("lead", name, x, y, NameHeight, ink, BoldWeight, halo: true);
        if (derived) Write("derived", "derived", x + StrokeFont.Measure(name, NameHeight) + 1.4, y, SmallHeight, Quiet, halo: true);
    }

    /// <summary>Where a name over the beginning of its trace is out of the trace's way: at its usual height, else above, else below.</summary>
    private double NameBottom(Strip strip, SheetRow row, double left, double right)
    {
        const double Usual = 11, Distance = 0.9;
        var usual = Math.Max(row.Top + NameHeight + 1, row.Baseline - Usual);
        var values = Shown(strip);
        var first = FirstSample(strip);
        var (upper, lower) = (double.PositiveInfinity, double.NegativeInfinity);
        for (var index = 0; index < values.Length; index++)
        {
            var x = X((first + index) / _segment.SamplingFrequencyHz);
            if (x < left - Distance || x > right + Distance) continue;
            var y = row.Baseline - Rise(values[index]);
            (upper, lower) = (Math.Min(upper, y), Math.Max(lower, y));
        }

        if (usual < upper - Distance || usual - NameHeight > lower + Distance) return usual;
        if (upper - Distance - NameHeight > row.Top + Distance) return upper - Distance;
        return lower + Distance + NameHeight < row.Bottom - Distance ? lower + Distance + NameHeight : usual;
    }

    private void DrawSeconds()
    {
        for (var second = 0; second <= ShownSeconds; second++)
        {
            var text = second == ShownSeconds ? $"{second} s" : $"{second}";
            var digits = StrokeFont.Measure($"{second}", SmallHeight);
            _marks.Add(new Lines("tick", GridFrame, 0.3, [[new(X(second), GridBottom), new(X(second), GridBottom + 1)]]));
            Write("second", text, X(second) - digits / 2, GridBottom + 1.8 + SmallHeight, SmallHeight, Quiet);
        }
    }

    private void DrawHeader()
    {
        var scale = $"{MillimetresPerSecond} mm/s · {MillimetresPerMillivolt} mm/mV";
        var segment = _segment.Segment > 0 ? $" · segment {_segment.Segment}" : "";
        WritePair(9.2, 3.3, BoldWeight, _segment.RecordId + segment, Trace, 2.5, scale, Trace);

        var native = _segment.NativeSamplingFrequencyHz == _segment.SamplingFrequencyHz
            ? "" : $", recorded at {_segment.NativeSamplingFrequencyHz:0.##} Hz";
        var start = _segment.StartSeconds;
        var timing = $"{_segment.SamplingFrequencyHz:0.##} Hz{native} · {start:0.00}–{start + EndSeconds:0.00} s";
        WritePair(15.2, TextHeight, RegularWeight, string.Join(" · ", Person()), Trace, TextHeight, timing, Trace);

        var labels = _segment.Labels.Count == 0 ? "No labels" : $"Labels: {string.Join(", ", _segment.Labels)}";
        var flags = _segment.Flags == RecordFlags.None ? "No flags" : $"Flags: {FlagWords()}";
        WritePair(20.6, TextHeight, RegularWeight, labels, Trace, TextHeight, flags, _segment.Flags == RecordFlags.None ? Quiet : Alert);
    }

    private void DrawFooter()
    {
        var remarks = Remarks().ToList();
        var text = remarks.Count == 0 ? "Twelve leads, no gaps" : string.Join(" · ", remarks);
        WritePair(_height - 3.2, TextHeight, RegularWeight, text, Quiet, TextHeight, "For research, not for diagnosis", Quiet);
    }

    private IEnumerable<string> Person()
    {
        yield return _segment.Source;
        if (_segment.Site is { Length: > 0 } site) yield return $"site {site}";
        yield return _segment.AgeYears is { } age ? $"{age:0.#} years" : "age unknown";
        yield return _segment.Sex is { Length: > 0 } sex ? sex : "sex unknown";
        if (_segment.PatientKnown) yield return $"patient {_segment.Patient}";
        yield return $"fold {_segment.Fold}";
    }

    private IEnumerable<string> Remarks()
    {
        var absent = LeadSet.None;
        for (var lead = 0; lead < Montage.LeadCount; lead++)
            if (_segment.Leads[lead] is null) absent = absent.With((Lead)lead);
        if (absent.Count > 0) yield return $"Not recorded: {absent}";
        if (_segment.DerivedLeads.Count > 0) yield return $"Derived from other leads: {_segment.DerivedLeads}";
        if (_cut.Count > 0) yield return $"Beyond the band (arrowheads): {_cut}";
        if (EndSeconds < ShownSeconds) yield return $"Ends after {EndSeconds:0.00} s";
        if (EndSeconds > ShownSeconds) yield return $"First {ShownSeconds} s of {EndSeconds:0.00} s";
        if (_segment.Gaps.Count > 0) yield return $"Filled gaps (shaded): {string.Join(", ", _segment.Gaps.Select(GapWords))}";
    }

    private string GapWords(Gap gap)
    {
        var frequency = _segment.SamplingFrequencyHz;
        var name = (int)gap.Lead is >= 0 and < Montage.LeadCount ? Name(gap.Lead) : "?";
        return $"{name} {gap.Start / frequency:0.00}–{gap.End / frequency:0.00} s";
    }

    /// <summary><c>MissingSamples, Clipped</c> as people write it: missing samples, clipped.</summary>
    private string FlagWords() => string.Concat($"{_segment.Flags}".Select(
        (letter, index) => char.IsAsciiLetterUpper(letter) && index > 0 ? $" {char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"))
        .Replace("  ", " ", StringComparison.Ordinal);

    private string Describe() => string.Join(
        "; ", [
            .. Person(), $"labels: {string.Join(", ", _segment.Labels)}", $"flags: {FlagWords()}", .. Remarks(), $"licence {_segment.Licence}",
            $"file {_segment.SourceFile}"]);

    /// <summary>One line: a text from the left, shortened where it would meet the one on the right.</summary>
    private void WritePair(
        double y, double leftHeight, double weight, string left, Ink leftInk, double rightHeight, string right, Ink rightInk)
    {
        right = StrokeFont.Shorten(StrokeFont.Printable(right), rightHeight, GridWidth / 2);
        var rightWidth = StrokeFont.Measure(right, rightHeight);
        left = StrokeFont.Shorten(StrokeFont.Printable(left), leftHeight, GridWidth - rightWidth - Between);
        Write("text", left, TextLeft, y, leftHeight, leftInk, weight);
        Write("text", right, TextRight - rightWidth, y, rightHeight, rightInk, weight);
    }

    /// <summary>Text whose baseline begins at a point; a halo of paper keeps it readable on grid and trace.</summary>
    private void Write(
        string role, string text, double x, double y, double height, Ink ink, double weight = RegularWeight, bool halo = false)
    {
        var lines = StrokeFont.Trace(text, x, y, height);
        if (halo) _marks.Add(new Lines("halo", Paper with { Opacity = 0.85 }, height * weight + 0.9, lines));
        _marks.Add(new Lines(role, ink, height * weight, lines, text));
    }
}
