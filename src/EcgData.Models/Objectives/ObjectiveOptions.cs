using System.Text.Json.Serialization;

namespace EcgData.Models.Objectives;

/// <summary>The five pretraining tasks of the study.</summary>
public enum ObjectiveKind
{
    Cpc,
    [JsonStringEnumMemberName("data2vec")]   // as its paper spells it
    Data2Vec,
    DinoSr,
    Jepa,
    HubertPlusPlus,
}

/// <summary>Which objective, and its options; those of the other four are not read.</summary>
public sealed record ObjectiveOptions
{
    public ObjectiveKind Kind { get; init; } = ObjectiveKind.Cpc;

    public CpcOptions Cpc { get; init; } = new();

    public Data2VecOptions Data2Vec { get; init; } = new();

    public DinoSrOptions DinoSr { get; init; } = new();

    public JepaOptions Jepa { get; init; } = new();

    public HubertPlusPlusOptions HubertPlusPlus { get; init; } = new();
}
