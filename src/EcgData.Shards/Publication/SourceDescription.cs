namespace EcgData.Shards.Publication;

/// <summary>What people are told of a source that a version holds.</summary>
/// <param name="Name">Name in the corpus, <c>ptb-xl</c> or <c>ptb-xl#site-b</c>.</param>
/// <param name="Access">open, credentialed or restricted.</param>
/// <param name="Licence">SPDX identifier, or the licence's own name.</param>
/// <param name="Published">Day of the release, <c>2022-11-09</c>, where it is known.</param>
public sealed record SourceDescription(
    string Name, string Title, string Access, string Licence, string Citation, string? Doi, string? Home, string? Published)
{
    /// <summary>Address of the licence's text, or its name where it is not one of SPDX's.</summary>
    public string LicenceAddress => Licence.StartsWith("LicenseRef-", StringComparison.Ordinal)
        ? Licence
        : $"https://spdx.org/licenses/{Licence}.html";
}
