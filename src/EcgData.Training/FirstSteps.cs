using System.Diagnostics;
using EcgData.Models;
using EcgData.Models.Encoders;
using EcgData.Models.Objectives;
using EcgData.Shards;
using EcgData.Signals;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Training;

/// <summary>Options of <see cref="FirstSteps"/>.</summary>
public sealed record FirstStepsOptions
{
    /// <summary>Optimiser updates.</summary>
    public int Steps { get; init; } = 40;

    /// <summary>Crops per step.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>Length of a crop in seconds. Default: the study's.</summary>
    public double CropSeconds { get; init; } = 2.5;

    /// <summary>Decides weights, crops and masks.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Of AdamW, constant. Default: the study's base rate.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>Of AdamW, on every parameter. Default: the study's.</summary>
    public double WeightDecay { get; init; } = 1e-3;

    /// <summary>Width of a token. Default: small enough for seconds on a laptop's processor; the study's encoders have 512.</summary>
    public int Width { get; init; } = 32;

    /// <summary>What is hidden from the model.</summary>
    public MaskedStretchesOptions Masks { get; init; } = new();
}

/// <summary>A finished step.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Epoch">Passes over the rows that were finished before it.</param>
/// <param name="Loss">Share of the hidden signal's energy left unexplained; 1 is no better than 0 mV.</param>
/// <param name="LiveTensors">Native tensors alive in the process after the step.</param>
public readonly record struct FirstStep(int Number, int Epoch, double Loss, long LiveTensors);

/// <summary>What <see cref="FirstSteps.RunAsync"/> found.</summary>
public sealed record FirstStepsResult
{
    /// <summary>Loss of every step, in order.</summary>
    public required IReadOnlyList<double> Losses { get; init; }

    /// <summary>Mean loss of the first tenth of the steps.</summary>
    public double FirstLoss => Losses.Take(Tenth).Average();

    /// <summary>Mean loss of the last tenth of the steps.</summary>
    public double LastLoss => Losses.TakeLast(Tenth).Average();

    /// <summary>Crops that went through the model.</summary>
    public required long Crops { get; init; }

    /// <summary>Rows shorter than a crop, left out; a row counts once per epoch.</summary>
    public required long RowsTooShort { get; init; }

    /// <summary>Tensors that the steps made and did not release, the first one aside, which makes the optimiser's own: 0 if none leak.</summary>
    public required long LiveTensorGrowth { get; init; }

    /// <summary>The process's largest resident memory so far.</summary>
    public required long PeakMemoryBytes { get; init; }

    private int Tenth => Math.Max(1, Losses.Count / 10);
}

/// <summary>
/// A few gradient steps on a corpus, without labels: a small conv stem with a head that fills in hidden stretches. Shows that what the
/// corpus holds arrives in a model and can be learned from; the weights are thrown away.
/// </summary>
public static class FirstSteps
{
    /// <param name="rows">Rows in any order; read again from the start where the steps need more than one pass.</param>
    /// <param name="progress">Told after every step, on the thread that trains.</param>
    /// <exception cref="InvalidDataException">No row is long enough for a crop, or two rows differ in sampling frequency.</exception>
    public static async Task<FirstStepsResult> RunAsync(
        IAsyncEnumerable<StoredSegment> rows, FirstStepsOptions options, IProgress<FirstStep>? progress = null, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Steps);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Batch);
        using var model = new Model(options);
        var losses = new List<double>(options.Steps);
        var reader = new Rows(rows, options);
        var growth = 0L;
        await foreach (var batch in reader.ReadAsync(cancel))
        {
            // No await between here and the end of the step: torch keeps its dispose scopes per thread.
            cancel.ThrowIfCancellationRequested();
            var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            losses.Add(model.Step(batch, reader, losses.Count));
            if (losses.Count > 1) growth += DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
            progress?.Report(new FirstStep(losses.Count, reader.Epoch, losses[^1], Tensor.TotalCount));
            if (losses.Count == options.Steps) break;
        }

        using var process = Process.GetCurrentProcess();
        return new FirstStepsResult
        {
            Losses = losses,
            Crops = (long)losses.Count * options.Batch,
            RowsTooShort = reader.TooShort,
            LiveTensorGrowth = growth,
            PeakMemoryBytes = process.PeakWorkingSet64,
        };
    }

    /// <summary>Full batches without end, epoch after epoch; holds the rows of one batch.</summary>
    private sealed class Rows(IAsyncEnumerable<StoredSegment> source, FirstStepsOptions options)
    {
        private double _frequencyHz;

        public int Epoch { get; private set; }

        public long TooShort { get; private set; }

        public int CropSamples { get; private set; }

        public async IAsyncEnumerable<IReadOnlyList<StoredSegment>> ReadAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
        {
            var batch = new List<StoredSegment>(options.Batch);
            for (Epoch = 0; ; Epoch++)
            {
                var used = 0L;
                await foreach (var row in source.WithCancellation(cancel))
                {
                    if (!IsLongEnough(row)) continue;
                    used++;
                    batch.Add(row);
                    if (batch.Count < options.Batch) continue;
                    yield return batch;
                    batch.Clear();
                }

                if (used == 0) throw NoRows();
            }
        }

        private bool IsLongEnough(StoredSegment row)
        {
            if (CropSamples == 0) (_frequencyHz, CropSamples) = (row.SamplingFrequencyHz, CropSamplesAt(row.SamplingFrequencyHz));
            if (row.SamplingFrequencyHz != _frequencyHz)
            {
                throw new InvalidDataException(
                    $"Record {row.RecordId}, segment {row.Segment}: stored at {row.SamplingFrequencyHz} Hz; the rows before it at " +
                    $"{_frequencyHz} Hz. Train on rows of one sampling frequency: select them, or build the corpus with one.");
            }

            if (row.Samples >= CropSamples) return true;
            TooShort++;
            return false;
        }

        // Whole tokens: the stem's last token would otherwise stand for half a stretch.
        private int CropSamplesAt(double frequencyHz) =>
            (int)Math.Round(options.CropSeconds * frequencyHz / ConvStem.SamplesPerToken) * ConvStem.SamplesPerToken;

        private InvalidDataException NoRows() => new(
            $"The rows given hold none of {options.CropSeconds} s or more ({TooShort} shorter ones); expected at least one. " +
            "Build the corpus first, widen the selection, or choose a shorter crop.");
    }

    private sealed class Model : IDisposable
    {
        private readonly FirstStepsOptions _options;
        private readonly ConvStem _stem;
        private readonly ReconstructionHead _head;
        private readonly nn.Module<Tensor, Tensor> _both;
        private readonly optim.Optimizer _optimiser;

        public Model(FirstStepsOptions options)
        {
            _options = options;
            _stem = new ConvStem(new ConvStemOptions { Leads = Montage.LeadCount, Width = options.Width });
            _head = new ReconstructionHead(options.Width, Montage.LeadCount, ConvStem.SamplesPerToken);
            _both = nn.Sequential(("stem", _stem), ("head", _head));
            Initialisation.Draw(_both, options.Seed);
            _head.StartAtZero();
            _optimiser = optim.AdamW(_both.parameters(), options.LearningRate, weight_decay: options.WeightDecay);
        }

        /// <returns>The loss before the update.</returns>
        public double Step(IReadOnlyList<StoredSegment> rows, Rows reader, int stepIndex)
        {
            using var scope = NewDisposeScope();
            using var batch = CropBatch.Create(rows, reader.CropSamples, _options.Seed, reader.Epoch);
            var key = KeyedRandom.Combine(_options.Seed, (ulong)stepIndex);
            var masked = MaskedStretches.Draw(rows.Count, reader.CropSamples / ConvStem.SamplesPerToken, _options.Masks, key);
            var seen = MaskedStretches.Hide(batch.Millivolt, masked, ConvStem.SamplesPerToken);
            _optimiser.zero_grad();
            var loss = MaskedStretches.Loss(_both.forward(seen), batch.Millivolt, masked, batch.Present);
            loss.backward();
            _optimiser.step();
            return loss.item<float>();
        }

        public void Dispose()
        {
            _optimiser.Dispose();
            _both.Dispose();
            _stem.Dispose();
            _head.Dispose();
        }
    }
}
