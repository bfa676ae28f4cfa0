using System.Reflection;
using EcgData.Models.Native;
using TorchSharp;

namespace EcgData.Models.Tests.Native;

public sealed class ElfVersionNeedsTests
{
    private const string Version = "GLIBCXX_3.4.32";

    private static string Packaged => typeof(ElfVersionNeedsTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(entry => entry.Key == "PackagedTorchSharpLibrary").Value!;

    private static string Built => Path.Join(AppContext.BaseDirectory, "libLibTorchSharp.so");

    [Fact]
    public void Torch_BuiltLibrary_LoadsAndComputes()
    {
        using var two = torch.ones(3) + 1;
        Assert.Equal(6f, two.sum().item<float>());
    }

    [Fact]
    public void Weaken_PackagedLibrary_ChangesOneByteAndThenNothing()
    {
        var packaged = File.ReadAllBytes(Packaged);
        var weak = packaged.ToArray();

        Assert.Equal(1, new ElfVersionNeeds(weak).Weaken(Version));
        var changed = Enumerable.Range(0, weak.Length).Where(i => weak[i] != packaged[i]).ToArray();
        Assert.Equal(2, weak[Assert.Single(changed)] ^ packaged[changed[0]]); // VER_FLG_WEAK alone

        Assert.Equal(0, new ElfVersionNeeds(weak).Weaken(Version));
        Assert.Equal(weak, File.ReadAllBytes(Built));
    }

    [Fact]
    public void Weaken_VersionThatIsNotAskedFor_LeavesTheLibraryAlone()
    {
        var bytes = File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "libc10.so"));
        var before = bytes.ToArray();

        Assert.Equal(0, new ElfVersionNeeds(bytes).Weaken(Version));
        Assert.Equal(before, bytes);
    }

    [Fact]
    public void Weaken_VersionThatARelocationUses_Refuses()
    {
        var bytes = File.ReadAllBytes(Packaged);
        var before = bytes.ToArray();

        var error = Assert.Throws<InvalidDataException>(() => new ElfVersionNeeds(bytes).Weaken("GLIBC_2.2.5"));
        Assert.Contains("used by a relocation", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, bytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(100_000)]
    public void Weaken_TruncatedLibrary_SaysSo(int length)
    {
        var bytes = File.ReadAllBytes(Packaged)[..length];
        Assert.Throws<InvalidDataException>(() => new ElfVersionNeeds(bytes).Weaken(Version));
    }

    [Fact]
    public void Constructor_NotAnElfFile_SaysSo() =>
        Assert.Throws<InvalidDataException>(() => new ElfVersionNeeds(new byte[4096]));
}
