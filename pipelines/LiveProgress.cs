using System.Diagnostics;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary>
/// Shows how far some work is, with its rate and the time left: one line that renews itself on a terminal, a plain line every
/// few seconds elsewhere, nothing when quiet.
/// </summary>
internal sealed class LiveProgress : IProgress<int>, IDisposable
{
    private static readonly TimeSpan LiveInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);

    private readonly Terminal _terminal;
    private readonly string _unit;
    private readonly Func<long> _total;
    private readonly Func<string>? _details;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Timer? _timer;
    private readonly Lock _lock = new();
    private Func<long> _done;
    private int _reported;
    private int _width;
    private bool _over;

    /// <param name="unit">What is counted, <c>records</c>.</param>
    /// <param name="total">How many there will be.</param>
    /// <param name="done">How many are done; null: what is reported.</param>
    /// <param name="details">What else to tell.</param>
    /// <param name="known">How many there will be, where that is not known at first.</param>
    public LiveProgress(Terminal terminal, string unit, long total, Func<long>? done = null, Func<string>? details = null, Func<long>? known = null)
    {
        (_terminal, _unit, _total, _details) = (terminal, unit, known ?? (() => total), details);
        _done = done ?? (() => _reported);
        if (terminal.Quiet) return;
        var interval = terminal.IsLive ? LiveInterval : PlainInterval;
        _timer = new Timer(_ => Draw(), null, interval, interval);
    }

    public void Report(int value) => _reported = value;

    public void Dispose()
    {
        _timer?.Dispose();
        lock (_lock)
        {
            if (_over) return;
            _over = true;
            if (_terminal.IsLive && _width > 0) Console.Error.Write('\r' + new string(' ', _width) + '\r');
            if (!_terminal.Quiet) Console.Error.WriteLine(Line());
        }
    }

    private void Draw()
    {
        lock (_lock)
        {
            if (_over) return;
            var line = Line();
            if (!_terminal.IsLive)
            {
                Console.Error.WriteLine(line);
                return;
            }

            var room = Math.Max(20, _terminal.Error.Profile.Width - 1);
            if (line.Length > room) line = line[..room];
            Console.Error.Write('\r' + line.PadRight(_width));
            _width = line.Length;
        }
    }

    private string Line()
    {
        var (done, total) = (_done(), _total());
        var seconds = _clock.Elapsed.TotalSeconds;
        var rate = seconds > 0 ? done / seconds : 0;
        var share = total > 0 ? 100.0 * done / total : 100;
        var left = done > 0 && done < total ? $", {Quantity.Time(TimeSpan.FromSeconds((total - done) / rate))} left" : "";
        var details = _details is null ? "" : ", " + _details();
        return $"{done:N0} of {total:N0} {_unit} ({share:0} %), {rate:N0}/s{left}{details}";
    }
}
