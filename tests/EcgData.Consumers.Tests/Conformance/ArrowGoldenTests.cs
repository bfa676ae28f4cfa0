using EcgData.Consumers.Conformance;
using EcgData.Tests;

namespace EcgData.Consumers.Tests.Conformance;

public sealed class ArrowGoldenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Readers in other languages keep these files: a change of the format is a new contract, never a surprise.</summary>
    [Theory]
    [InlineData(ArrowGolden.StreamFile)]
    [InlineData(ArrowGolden.ExpectedFile)]
    public void Write_Files_AreTheBytesOfContractOne(string file)
    {
        ArrowGolden.Write(_folder.Path);
        Assert.Equal(File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "golden", file)), File.ReadAllBytes(_folder[file]));
    }
}
