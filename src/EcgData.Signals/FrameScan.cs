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

    private static void Run(float* values, int count, FrameScan* scan)
    {
        Vector512.Create(float.PositiveInfinity).Store(scan->_minimum);
        Vector512.Create(float.NegativeInfinity).Store(scan->_maximum);
        scan->_count = count;
        var origin = new Origin(values);
        var end = values + (nint)count * Frames.Lanes;
        for (var block = values; block < end; block += BlockFrames * Frames.Lanes)
            AddBlock(block, end - block > BlockFrames * Frames.Lanes ? block + BlockFrames * Frames.Lanes : end, origin, scan);
    }

    /// <remarks>A function of its own: with the loop over blocks around it, the running values did not stay in registers: 126 µs to condition a record, now 108.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void AddBlock(float* frame, float* end, in Origin from, FrameScan* scan)
    {
        var minimum = Vector512.Load(scan->_minimum);
        var maximum = Vector512.Load(scan->_maximum);
        var total = Vector512.Load(scan->_sum);   // NaN once a sample is missing; its value is of no use
        var (fromI, fromII, origin, errorOrigin) = (from.FromI, from.FromII, from.Limbs, from.Error);
        Vector256<float> sum = default, squares = default, errorSum = default, errorSquares = default;
        for (; frame < end; frame += Frames.Lanes)
        {
            var values = Vector512.Load(frame);
            minimum = Vector512.ConditionalSelect(Vector512.LessThan(values, minimum), values, minimum);
            maximum = Vector512.ConditionalSelect(Vector512.GreaterThan(values, maximum), values, maximum);
            total += values;

            var limbs = Vector256.Load(frame);
            var value = limbs - origin;
            var expected = Vector256.FusedMultiplyAdd(fromI, Vector256.Create(frame[0]), fromII * Vector256.Create(frame[1]));
            var error = limbs - expected - errorOrigin;
            sum += value;
            squares = Vector256.FusedMultiplyAdd(value, value, squares);
            errorSum += error;
            errorSquares = Vector256.FusedMultiplyAdd(error, error, errorSquares);
        }

        minimum.Store(scan->_minimum);
        maximum.Store(scan->_maximum);
        total.Store(scan->_sum);
        var moments = scan->_moments;
        for (var lane = 0; lane < LimbLeads.Lanes; lane++)
        {
            moments[lane] += sum[lane];
            moments[LimbLeads.Lanes + lane] += squares[lane];
            moments[2 * LimbLeads.Lanes + lane] += errorSum[lane];
            moments[3 * LimbLeads.Lanes + lane] += errorSquares[lane];
        }
    }

    /// <summary>The first frame, from which sums are taken: an offset of many millivolt would eat a float's digits.</summary>
    private readonly struct Origin
    {
        public readonly Vector256<float> FromI = Vector256.Create(LimbLeads.FromI);
        public readonly Vector256<float> FromII = Vector256.Create(LimbLeads.FromII);
        public readonly Vector256<float> Limbs;
        public readonly Vector256<float> Error;

        public Origin(float* first)
        {
            Limbs = Vector256.Load(first);
            Error = Limbs - (FromI * first[0] + FromII * first[1]);
        }
    }
}
