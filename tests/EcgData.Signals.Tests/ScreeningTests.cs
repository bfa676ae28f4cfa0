namespace EcgData.Signals.Tests;

public sealed class ScreeningTests
{
    private static readonly ConditioningOptions Defaults = new();

    [Fact]
    public void Condition_AbsentLead_IsFlaggedMissing()
    {
        using var record = Some.Record(240, 10, LeadSet.All.Except(Some.Leads(Lead.V5)));
        AssertKept(record, RecordFlags.MissingLead);
    }

    [Fact]
    public void Condition_FlatLead_IsFlaggedWhateverItsOffset()
    {
        using var record = Some.Record(240);
        for (var index = 0; index < 2400; index++) record.Frames[index][7] = 3 + (index % 2) * 0.005f;
        AssertKept(record, RecordFlags.FlatLead);
    }

    [Fact]
    public void Condition_LeadThatMovesByTwoSteps_IsNotFlat()
    {
        using var record = Some.Record(240);
        for (var index = 0; index < 2400; index++) record.Frames[index][7] = (index % 3) * 0.005f;
        AssertKept(record, RecordFlags.None);
    }

    [Fact]
    public void Condition_BeyondTheSourcesBound_IsClippedAndFlagged()
    {
        using var record = Some.Record(240);
        record.Frames[500][7] = 3.2f;
        record.Frames[501][7] = -5f;
        record.Frames[502][7] = 3.0000002f;   // rounds onto the bound
        using var conditioned = Conditioning.Condition(record, 3, Defaults);
        Assert.Equal(RecordFlags.Clipped, conditioned.Flags);
        Assert.Equal([3000, -3000, 3000], conditioned.Lead(conditioned.Segments[0], Lead.V2)[500..503].ToArray());
    }

    [Fact]
    public void Condition_OnTheSourcesBound_IsNotFlagged()
    {
        using var record = Some.Record(240);
        record.Frames[502][7] = 3.0000002f;
        record.Frames[503][7] = -3f;
        using var conditioned = Conditioning.Condition(record, 3, Defaults);
        Assert.Equal(RecordFlags.None, conditioned.Flags);
    }

    [Fact]
    public void Condition_BoundAboveStorage_ClipsAtStorage()
    {
        using var record = Some.Record(240);
        record.Frames[500][7] = 9f;
        using var conditioned = Conditioning.Condition(record, 1000, Defaults);
        Assert.Equal(RecordFlags.Clipped, conditioned.Flags);
        Assert.Equal(8191, conditioned.Lead(conditioned.Segments[0], Lead.V2)[500]);
    }

    [Fact]
    public void Condition_ImplausibleAmplitude_IsFlaggedThoughClipped()
    {
        using var record = Some.Record(240);
        record.Frames[500][7] = -163.8f;
        AssertKept(record, RecordFlags.Amplitude | RecordFlags.Clipped);
    }

    [Fact]
    public void Condition_LeadsThatAreNotStored_AreFlagged()
    {
        using var plain = Some.Record(240);
        using var record = new EcgRecord
        {
            RecordId = plain.RecordId,
            Frames = plain.Frames,
            SamplingFrequencyHz = 240,
            Leads = LeadSet.All,
            UnstoredLeads = ["vx"],
        };
        AssertKept(record, RecordFlags.UnstoredLead);
    }

    [Fact]
    public void Condition_WrongHeaderChecksum_IsTurnedAwayOrFlaggedByPolicy()
    {
        using var plain = Some.Record(240);
        using var record = new EcgRecord
        {
            RecordId = plain.RecordId,
            Frames = plain.Frames,
            SamplingFrequencyHz = 240,
            Leads = LeadSet.All,
            HeaderChecksumMismatches = Some.Leads(Lead.AVF),
        };
        AssertRejected(record, RejectionReason.HeaderChecksum, "some/0001", "aVF");
        AssertKept(record, RecordFlags.HeaderChecksum, new ScreeningOptions { HeaderChecksum = HeaderChecksumPolicy.Flag });
    }

    [Fact]
    public void Condition_NothingMoves_IsTurnedAway()
    {
        using var record = Some.Record(Some.Frames(2400, (lane, _) => lane), 240);
        AssertRejected(record, RejectionReason.NoSignal, "some/0001", "aVL", "0.006");
    }

    [Fact]
    public void Condition_EverythingMissing_IsTurnedAway()
    {
        using var record = Some.Record(Some.Frames(2400, (_, _) => double.NaN), 240);
        AssertRejected(record, RejectionReason.NoSignal, "some/0001", "missing throughout: I II");
    }

    [Fact]
    public void Condition_FewerLeadsThanAskedFor_IsTurnedAway()
    {
        using var record = Some.Record(240, 10, Some.Leads(Lead.I, Lead.V2));
        AssertRejected(record, RejectionReason.NoSignal, new ScreeningOptions { MinimumLeads = 3 }, "2 leads", "at least 3");
    }

    [Fact]
    public void Condition_MostSamplesMissing_IsTurnedAway()
    {
        using var record = Some.Record(240, 10, Some.Leads(Lead.I, Lead.V2));
        for (var index = 0; index < 2400; index++)
        {
            if (index >= 200) record.Frames[index][7] = float.NaN;
            if (index is >= 300 and < 501) record.Frames[index][0] = float.NaN;
        }

        AssertRejected(record, RejectionReason.MissingShare, "some/0001", "V2", "2401 of 4800", "0.5");
    }

    [Fact]
    public void Condition_HalfOfTheSamplesMissing_IsKept()
    {
        using var record = Some.Record(240, 10, Some.Leads(Lead.V2));
        for (var index = 600; index < 1800; index++) record.Frames[index][7] = float.NaN;
        AssertKept(record, RecordFlags.MissingLead | RecordFlags.MissingSamples);
    }

    [Fact]
    public void Condition_MostSamplesBeyondTheBound_IsTurnedAway()
    {
        using var record = Some.Record(Some.Frames(2400, (lane, index) => index < 2200 ? 9 + lane : -1), 240);
        AssertRejected(record, RejectionReason.ClippedShare, "some/0001", "26400 of 28800", "8.191", "0.9");
    }

    [Theory]
    [InlineData(200.5f)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(float.MaxValue)]
    public void Condition_AmplitudeOfNoFrontEnd_IsTurnedAway(float millivolt)
    {
        using var record = Some.Record(240);
        record.Frames[1234][10] = millivolt;
        AssertRejected(record, RejectionReason.Amplitude, "some/0001", "lead V5", "200");
    }

    [Theory]
    [InlineData(240, 599)]
    [InlineData(500, 1249)]
    [InlineData(500, 0)]
    [InlineData(500, 1)]
    public void Condition_ShorterThanTheMinimum_IsTurnedAway(double fromHz, int samples)
    {
        using var record = Some.Record(Some.Frames(samples, (lane, index) => Some.Ecg(lane, index / fromHz)), fromHz);
        AssertRejected(record, RejectionReason.TooShort, "some/0001", $"{samples} samples", "2.5");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(double.NaN)]
    [InlineData(499.99987654321)]
    public void Condition_AbsurdSamplingFrequency_IsTurnedAway(double fromHz)
    {
        using var record = Some.Record(Some.Frames(2400, (lane, index) => Some.Ecg(lane, index / 240d)), fromHz);
        AssertRejected(record, RejectionReason.UnsupportedFormat, "some/0001", $"{fromHz} Hz");
    }

    [Fact]
    public void Condition_GarbageInLanesOfAbsentLeads_IsNotStored()
    {
        using var record = Some.Record(240, 10, Some.Leads(Lead.V1));
        for (var index = 0; index < 2400; index++) record.Frames[index][9] = index % 3 == 0 ? float.NaN : 7;
        using var conditioned = Conditioning.Condition(record, 8.191, Defaults);
        Assert.Equal(RecordFlags.MissingLead, conditioned.Flags);
        Assert.True(conditioned.Lead(conditioned.Segments[0], Lead.V4).IndexOfAnyExcept((short)0) < 0);
    }

    private static void AssertKept(EcgRecord record, RecordFlags flags, ScreeningOptions? screening = null)
    {
        using var conditioned = Conditioning.Condition(record, 8.191, Defaults with { Screening = screening ?? new() });
        Assert.Null(conditioned.Rejection);
        Assert.Equal(flags, conditioned.Flags);
    }

    private static void AssertRejected(EcgRecord record, RejectionReason reason, params string[] words) =>
        AssertRejected(record, reason, new ScreeningOptions(), words);

    private static void AssertRejected(EcgRecord record, RejectionReason reason, ScreeningOptions screening, params string[] words)
    {
        using var conditioned = Conditioning.Condition(record, 8.191, Defaults with { Screening = screening });
        Assert.NotNull(conditioned.Rejection);
        Assert.Equal(reason, conditioned.Rejection.Reason);
        Assert.Empty(conditioned.Segments);
        Assert.All(words, word => Assert.Contains(word, conditioned.Rejection.Message, StringComparison.Ordinal));
    }
}
