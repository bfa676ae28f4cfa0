using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EcgData.Signals;

/// <summary>What one pass over a record's frames finds out about each lead.</summary>
internal unsafe struct FrameScan
{
    /// <summary>Frames whose sums stay in float before they go into double.</summary>
    private const int BlockFrames = 256;

    private fixed float _minimum[Frames.Lanes];
    private fixed float _maximum[Frames.Lanes];
    private fixed float _sum[Frames.Lanes];
    private fixed double _moments[4 * LimbLeads.Lanes];

    private int _count;

    /// <summary>Smallest value that is there, millivolt; +∞ where every sample is missing.</summary>
    public readonly float Minimum(int lane) => _minimum[lane];

    /// <summary>Largest value that is there, millivolt; −∞ where every sample is missing.</summary>
    public readonly float Maximum(int lane) => _maximum[lane];

    /// <summary>max |x|, millivolt; 0 where every sample is missing.</summary>
    public readonly float Amplitude(int lane) => Math.Max(0, Math.Max(_maximum[lane], -_minimum[lane]));

    /// <summary>max − min, millivolt; −∞ where every sample is missing.</summary>
    public readonly float Span(int lane) => _maximum[lane] - _minimum[lane];

    public readonly bool HasMissing(int lane) => float.IsNaN(_sum[lane]);

    public readonly bool IsAllMissing(int lane) => _maximum[lane] == float.NegativeInfinity && _minimum[lane] == float.PositiveInfinity;

    /// <summary>false only where the lane is 0 throughout.</summary>
    public readonly bool IsTouched(int lane) => _minimum[lane] != 0 || _maximum[lane] != 0 || HasMissing(lane);

    /// <summary>Mean square about the mean of a limb lead, millivolt².</summary>
    public readonly double Variance(int lane) => Spread(_moments[lane], _moments[LimbLeads.Lanes + lane]);

    /// <summary>Mean square about the mean of what the limb lead differs from the one that I and II tell, millivolt².</summary>
    public readonly double IdentityVariance(int lane) =>
        Spread(_moments[2 * LimbLeads.Lanes + lane], _moments[3 * LimbLeads.Lanes + lane]);

    private readonly double Spread(double sum, double squares) => Math.Max(0, (squares - sum * sum / _count) / _count);

    /// <param name="frames">At least one frame.</param>
    public static FrameScan Run(Frames frames)
    {
        var scan = default(FrameScan);
        fixed (float* values = frames.Values) Run(values, frames.Count, &scan);
        return scan;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run(float* values, int count, FrameScan* scan)
    {
        var minimum = Vector512.Create(float.PositiveInfinity);
        var maximum = Vector512.Create(float.NegativeInfinity);
        var total = Vector512<float>.Zero;   // NaN once a sample is missing; its value is of no use

        // Sums are taken from the first frame on: an offset of many millivolt would eat a float's digits.
        var (fromI, fromII) = (Vector256.Create(LimbLeads.FromI), Vector256.Create(LimbLeads.FromII));
        var origin = Vector256.Load(values);
        var errorOrigin = origin - (fromI * values[0] + fromII * values[1]);
        var moments = scan->_moments;

        var end = values + (nint)count * Frames.Lanes;
        for (var block = values; block < end;)
        {
            var blockEnd = end - block > BlockFrames * Frames.Lanes ? block + BlockFrames * Frames.Lanes : end;
            Vector256<float> sum = default, squares = default, errorSum = default, errorSquares = default;
            for (; block < blockEnd; block += Frames.Lanes)
            {
                var frame = Vector512.Load(block);
                minimum = Vector512.ConditionalSelect(Vector512.LessThan(frame, minimum), frame, minimum);
                maximum = Vector512.ConditionalSelect(Vector512.GreaterThan(frame, maximum), frame, maximum);
                total += frame;

                var limbs = Vector256.Load(block);
                var value = limbs - origin;
                var expected = Vector256.FusedMultiplyAdd(fromI, Vector256.Create(block[0]), fromII * Vector256.Create(block[1]));
                var error = limbs - expected - errorOrigin;
                sum += value;
                squares = Vector256.FusedMultiplyAdd(value, value, squares);
                errorSum += error;
                errorSquares = Vector256.FusedMultiplyAdd(error, error, errorSquares);
            }

            for (var lane = 0; lane < LimbLeads.Lanes; lane++)
            {
                moments[lane] += sum[lane];
                moments[LimbLeads.Lanes + lane] += squares[lane];
                moments[2 * LimbLeads.Lanes + lane] += errorSum[lane];
                moments[3 * LimbLeads.Lanes + lane] += errorSquares[lane];
            }
        }

        minimum.Store(scan->_minimum);
        maximum.Store(scan->_maximum);
        total.Store(scan->_sum);
        scan->_count = count;
    }
}
