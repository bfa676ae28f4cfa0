using EcgData.Shards;
using EcgData.Signals;

namespace EcgData.Reports;

/// <summary>Lays a segment out on paper: grid, traces, calibration and lead names. What is written around it: <c>SheetComposition.Text.cs</c>.</summary>
internal sealed partial class SheetComposition
{
    /// <summary>Paper speed and gain of a standard ECG.</summary>
    public const double MillimetresPerSecond = 25, MillimetresPerMillivolt = 10;

    /// <summary>Where second 0 lies, in mm from the left edge: four boxes into the grid, room for the calibration pulse.</summary>
    public const double TraceLeft = GridLeft + 20;

    /// <summary>Left edge of the pulse: 1 mV high and 200 ms long.</summary>
    public const double PulseLeft = TraceLeft - 10;

    private const double GridLeft = 8.5, GridTop = 25, GridWidth = 280, FooterHeight = 10;
    private const double SheetWidth = 297, LowSheet = 210, HighSheet = 420;   // A4 landscape and A3 upright share a side
    private const double ShownSeconds = 10, ColumnSeconds = 2.5, PulseSeconds = 0.2;
    private const double Air = 0.8;   // between a trace and the edge of its band
    private const double TraceWidth = 0.28;

    private static readonly Ink Paper = new(0xFFFAF8), MinorGrid = new(0xF8DAD5), MajorGrid = new(0xEDB0A9), GridFrame = new(0xDE8F88);
    private static readonly Ink Trace = new(0x15171A), Quiet = new(0x6B6F76), Filled = new(0x2F6FB0, 0.17), Alert = new(0xB3261E);

    private readonly StoredSegment _segment;
    private readonly SheetLayout _layout;
    private readonly Strip[] _strips;
    private readonly SheetRow[] _rows;
    private readonly double _height;
    private readonly List<Mark> _marks = [];
    private LeadSet _cut;

    public SheetComposition(StoredSegment segment, SheetLayout layout)
    {
        if (segment.Leads.Count != Montage.LeadCount)
            throw new ArgumentException($"{segment.RecordId}: {segment.Leads.Count} leads, expected {Montage.LeadCount}.", nameof(segment));
        if (!(segment.SamplingFrequencyHz > 0) || !double.IsFinite(segment.SamplingFrequencyHz))
            throw new ArgumentException(
                $"{segment.RecordId}: sampled at {segment.SamplingFrequencyHz} Hz, expected a frequency above 0.", nameof(segment));
        _segment = segment;
        _layout = layout;
        _strips = layout == SheetLayout.ThreeByFour ? ThreeByFour() : TwelveByOne();
        var needs = Needs();
        _height = layout == SheetLayout.TwelveByOne && !SheetRows.Fits(needs, GridHeight(LowSheet)) ? HighSheet : LowSheet;
        _rows = SheetRows.Divide(needs, GridTop, GridHeight(_height), layout == SheetLayout.ThreeByFour ? 5 : 1);
    }

    private double GridBottom => GridTop + GridHeight(_height);

    private double EndSeconds => _segment.Samples / _segment.SamplingFrequencyHz;

    public SheetDrawing Draw()
    {
        DrawGrid();
        foreach (var strip in _strips) DrawGaps(strip);
        foreach (var row in _rows) DrawPulse(row.Baseline);
        foreach (var strip in _strips) DrawStrip(strip);
        foreach (var strip in _strips) DrawName(strip);
        DrawSeconds();
        DrawHeader();
        DrawFooter();
        return new SheetDrawing(SheetWidth, _height, $"ECG {_segment.RecordId}", Describe(), _marks);
    }

    private static double GridHeight(double sheetHeight) => sheetHeight - GridTop - FooterHeight;

    private static double X(double seconds) => TraceLeft + seconds * MillimetresPerSecond;

    /// <summary>A stored value, in microvolt, as a height in mm.</summary>
    private static double Rise(int microvolt) => microvolt * (MillimetresPerMillivolt / 1000);

    private static Strip[] ThreeByFour()
    {
        const int RowsOfColumns = 3;
        var strips = Enumerable.Range(0, Montage.LeadCount).Select(lead => new Strip(
            (Lead)lead, lead % RowsOfColumns, lead / RowsOfColumns * ColumnSeconds, (lead / RowsOfColumns + 1) * ColumnSeconds));
        return [.. strips, new Strip(Lead.II, RowsOfColumns, 0, ShownSeconds)];
    }

    private static Strip[] TwelveByOne() =>
        [.. Enumerable.Range(0, Montage.LeadCount).Select(lead => new Strip((Lead)lead, lead, 0, ShownSeconds))];

    /// <summary>What the shown stretches reach, and never less than a quiet ECG and its name take.</summary>
    private RowNeed[] Needs()
    {
        var needs = new RowNeed[_strips.Max(strip => strip.Row) + 1];
        Array.Fill(needs, _layout == SheetLayout.ThreeByFour ? new RowNeed(14, 8) : new RowNeed(6, 3));
        needs[0] = needs[0] with { Up = Math.Max(needs[0].Up, MillimetresPerMillivolt + Air) };   // the pulse has no row above to reach into
        foreach (var strip in _strips)
        {
            foreach (var value in Shown(strip))
            {
                ref var need = ref needs[strip.Row];
                need = new RowNeed(Math.Max(need.Up, Rise(value) + Air), Math.Max(need.Down, Air - Rise(value)));
            }
        }

        return needs;
    }

    private ReadOnlySpan<short> Shown(Strip strip)
    {
        var values = _segment.Leads[(int)strip.Lead].AsSpan();
        var first = Math.Min(FirstSample(strip), values.Length);
        return values[first..(int)Math.Min(Math.Ceiling(strip.To * _segment.SamplingFrequencyHz), values.Length)];
    }

    private int FirstSample(Strip strip) => (int)Math.Min(Math.Ceiling(strip.From * _segment.SamplingFrequencyHz), int.MaxValue);

    private void DrawGrid()
    {
        var (right, bottom) = (GridLeft + GridWidth, GridBottom);
        _marks.Add(new Area("paper", Paper, GridLeft, GridTop, GridWidth, bottom - GridTop));
        List<PointMm[]> minor = [], major = [];
        for (var mm = 1; mm < GridWidth; mm++)
            (mm % 5 == 0 ? major : minor).Add([new PointMm(GridLeft + mm, GridTop), new PointMm(GridLeft + mm, bottom)]);
        for (var mm = 1; mm < bottom - GridTop; mm++)
            (mm % 5 == 0 ? major : minor).Add([new PointMm(GridLeft, GridTop + mm), new PointMm(right, GridTop + mm)]);
        _marks.Add(new Lines("grid-1mm", MinorGrid, 0.1, minor));
        _marks.Add(new Lines("grid-5mm", MajorGrid, 0.2, major));
        PointMm[] frame = [new(GridLeft, GridTop), new(right, GridTop), new(right, bottom), new(GridLeft, bottom), new(GridLeft, GridTop)];
        _marks.Add(new Lines("frame", GridFrame, 0.3, [frame]));
    }

    private void DrawPulse(double baseline)
    {
        const double Stub = 1.5;
        var (right, top) = (PulseLeft + PulseSeconds * MillimetresPerSecond, baseline - MillimetresPerMillivolt);
        PointMm[] pulse =
        [
            new(PulseLeft - Stub, baseline), new(PulseLeft, baseline), new(PulseLeft, top), new(right, top), new(right, baseline),
            new(right + Stub, baseline),
        ];
        _marks.Add(new Lines("calibration", Trace, TraceWidth, [pulse], "1 mV, 200 ms"));
    }

    private void DrawGaps(Strip strip)
    {
        var row = _rows[strip.Row];
        foreach (var gap in _segment.Gaps)
        {
            var from = Math.Max(gap.Start / _segment.SamplingFrequencyHz, strip.From);
            var to = Math.Min(gap.End / _segment.SamplingFrequencyHz, strip.To);
            if (gap.Lead != strip.Lead || from >= to) continue;
            var label = $"{Name(strip.Lead)} filled {from:0.00}–{to:0.00} s";
            _marks.Add(new Area("gap", Filled, X(from), row.Top, X(to) - X(from), row.Bottom - row.Top, label));
        }
    }

    private void DrawStrip(Strip strip)
    {
        var row = _rows[strip.Row];
        if (strip.From > 0) DrawSeparator(strip, row);
        if (_segment.Leads[(int)strip.Lead] is null)
        {
            DrawAbsence(strip, row);
            return;
        }

        var values = Shown(strip);
        var first = FirstSample(strip);
        var points = new PointMm[values.Length];
        for (var index = 0; index < points.Length; index++)
        {
            var y = row.Baseline - Rise(values[index]);
            points[index] = new PointMm(
                X((first + index) / _segment.SamplingFrequencyHz), Math.Clamp(y, row.Top + Air / 2, row.Bottom - Air / 2));
            if (y < row.Top || y > row.Bottom) _cut = _cut.With(strip.Lead);
        }

        if (points.Length > 0) _marks.Add(new Lines("trace", Trace, TraceWidth, [points], Name(strip.Lead)));
        DrawCuts(values, points, row);
        if (EndSeconds > strip.From && EndSeconds < strip.To) DrawEnd(X(EndSeconds), row.Baseline);
    }

    /// <summary>Arrowheads where the trace leaves its band, one for what would overlap.</summary>
    private void DrawCuts(ReadOnlySpan<short> values, PointMm[] points, SheetRow row)
    {
        const double Half = 0.9;
        Span<double> last = [double.NegativeInfinity, double.NegativeInfinity];
        for (var index = 0; index < points.Length; index++)
        {
            var y = row.Baseline - Rise(values[index]);
            if (y >= row.Top && y <= row.Bottom) continue;
            var edge = y < row.Top ? 0 : 1;
            var x = points[index].X;
            if (x < last[edge] + 2 * Half) continue;
            last[edge] = x;
            var (tip, foot) = edge == 0 ? (row.Top + 0.1, row.Top + 1.5) : (row.Bottom - 0.1, row.Bottom - 1.5);
            _marks.Add(new Lines("cut", Alert, 0.35, [[new(x - Half, foot), new(x, tip), new(x + Half, foot)]], "beyond the band"));
        }
    }

    private void DrawSeparator(Strip strip, SheetRow row)
    {
        var x = X(strip.From);
        PointMm[] upper = [new(x, row.Baseline - 5), new(x, row.Baseline - 2)], lower = [new(x, row.Baseline + 2), new(x, row.Baseline + 5)];
        _marks.Add(new Lines("separator", Trace, 0.25, [upper, lower]));
    }

    private void DrawEnd(double x, double baseline) =>
        _marks.Add(new Lines("end", Quiet, 0.3, [[new(x, baseline - 4), new(x, baseline + 4)]], $"end of the segment, {EndSeconds:0.00} s"));

    private void DrawAbsence(Strip strip, SheetRow row)
    {
        const double Dash = 2, Pitch = 4, Height = 2;
        const string Note = "not recorded";
        var width = StrokeFont.Measure(Note, Height);
        var left = (X(strip.From) + X(strip.To) - width) / 2;
        var dashes = new List<PointMm[]>();
        for (var x = X(strip.From) + Pitch; x + Dash <= X(strip.To); x += Pitch)
            if (x + Dash < left - Dash || x > left + width + Dash) dashes.Add([new(x, row.Baseline), new(x + Dash, row.Baseline)]);
        _marks.Add(new Lines("absent", Quiet, 0.2, dashes, $"{Name(strip.Lead)} is absent"));
        Write("note", Note, left, row.Baseline + Height / 2, Height, Quiet, halo: true);
    }

    /// <summary>A stretch of a lead in a row, <c>[From, To)</c> in seconds.</summary>
    private readonly record struct Strip(Lead Lead, int Row, double From, double To);
}
