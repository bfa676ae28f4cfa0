namespace EcgData.Signals.Tests;

public sealed class LimbLeadTests
{
    public static TheoryData<Lead, Lead> Pairs =>
        [.. from first in Enumerable.Range(0, 6) from second in Enumerable.Range(first + 1, 5 - first) select ((Lead)first, (Lead)second)];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Condition_AnyTwoLimbLeads_TellTheOtherFour(Lead first, Lead second)
    {
        var recorded = Some.Leads(first, second, Lead.V1);
        using var record = Some.Record(240, 10, recorded);
        using var conditioned = Conditioning.Condition(record, 8.191, new ConditioningOptions());
        var limbs = new LeadSet(0b111111);
        Assert.Equal(limbs.Except(recorded), conditioned.DerivedLeads);
        Assert.Equal(limbs.With(Lead.V1), conditioned.Leads);
        Assert.Equal(RecordFlags.DerivedLead | RecordFlags.MissingLead, conditioned.Flags);
        for (var lead = Lead.I; lead <= Lead.AVF; lead++)
        {
            for (var k = 0; k < 2400; k++)   // the sources are whole microvolt, and no weight is above 2
                Assert.Equal(1000 * Some.Ecg((int)lead, k / 240d), conditioned.Lead(conditioned.Segments[0], lead)[k], 3d);
        }

        Assert.True(conditioned.Lead(conditioned.Segments[0], Lead.V6).IndexOfAnyExcept((short)0) < 0);
    }

    [Fact]
    public void Condition_OneLimbLeadMoves_NothingIsDerived()
    {
        using var frames = Some.Frames(2400, (lane, index) => lane is 0 or 6 ? Some.Ecg(lane, index / 240d) : 0);
        using var conditioned = Conditioning.Condition(
            Some.Record(frames, 240, Some.Leads(Lead.I, Lead.II, Lead.V1)), 8.191, new ConditioningOptions());
        Assert.Equal(LeadSet.None, conditioned.DerivedLeads);
        Assert.Equal(RecordFlags.MissingLead | RecordFlags.FlatLead, conditioned.Flags);
    }

    [Fact]
    public void Condition_LeadMissingThroughout_CountsAsAbsentAndIsDerived()
    {
        using var record = Some.Record(240);
        for (var index = 0; index < 2400; index++) record.Frames[index][(int)Lead.AVF] = float.NaN;
        using var conditioned = Conditioning.Condition(record, 8.191, new ConditioningOptions());
        Assert.Equal(Some.Leads(Lead.AVF), conditioned.DerivedLeads);
        Assert.Equal(RecordFlags.DerivedLead, conditioned.Flags);
        Assert.Empty(conditioned.Segments[0].Gaps);
        Assert.Equal(1000 * Some.Ecg(5, 700 / 240d), conditioned.Lead(conditioned.Segments[0], Lead.AVF)[700], 2d);
    }

    [Fact]
    public void Condition_GapInASource_IsAGapOfWhatIsDerivedToo()
    {
        using var record = Some.Record(240, 10, LeadSet.All.Except(Some.Leads(Lead.III)));
        for (var index = 100; index < 110; index++) record.Frames[index][(int)Lead.I] = float.NaN;
        using var conditioned = Conditioning.Condition(record, 8.191, new ConditioningOptions());
        Assert.Equal([new Gap(Lead.I, 100, 110), new Gap(Lead.III, 100, 110)], conditioned.Segments[0].Gaps);
    }

    [Fact]
    public void Condition_SourcesThatNeverMeet_DeriveNothing()
    {
        using var record = Some.Record(240, 10, Some.Leads(Lead.I, Lead.II));
        for (var index = 0; index < 2400; index++) record.Frames[index][index < 1200 ? 0 : 1] = float.NaN;
        using var conditioned = Conditioning.Condition(record, 8.191, new ConditioningOptions());
        Assert.Equal(LeadSet.None, conditioned.DerivedLeads);
        Assert.Equal(Some.Leads(Lead.I, Lead.II), conditioned.Leads);
    }

    [Theory]
    [InlineData(Lead.AVL, Lead.AVF)]
    [InlineData(Lead.I, Lead.II)]
    [InlineData(Lead.III, Lead.AVR)]
    [InlineData(Lead.II, Lead.AVL)]
    public void Condition_SwappedLimbLeads_AreFlaggedWhateverTheOffset(Lead first, Lead second)
    {
        foreach (var swapped in new[] { false, true })
        {
            using var record = Some.Record();
            for (var index = 0; index < record.Frames.Count; index++)
            {
                var frame = record.Frames[index];
                if (swapped) (frame[(int)first], frame[(int)second]) = (frame[(int)second], frame[(int)first]);
                for (var lane = 0; lane < 6; lane++) frame[lane] += lane - 5;
            }

            using var conditioned = Conditioning.Condition(record, 8.191, new ConditioningOptions());
            Assert.Equal(swapped ? RecordFlags.LimbLeads : RecordFlags.None, conditioned.Flags);
        }
    }
}
