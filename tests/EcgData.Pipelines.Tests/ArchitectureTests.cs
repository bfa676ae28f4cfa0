using System.Diagnostics;
using System.Text.Json;

namespace EcgData.Pipelines.Tests;

/// <summary>The folders are the architecture: references go one way, and a package is seen by the room that keeps it.</summary>
public sealed class ArchitectureTests
{
    private const string Top = "EcgData.Pipelines";

    /// <summary>What each room may reference. A room that is not built yet has its line already.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["EcgData.Signals"] = [],
        ["EcgData.Storage"] = [],
        ["EcgData.Models"] = [],
        ["EcgData.Consumers"] = [],
        ["EcgData.Sources"] = ["EcgData.Signals", "EcgData.Storage"],
        ["EcgData.Shards"] = ["EcgData.Signals", "EcgData.Storage"],
        ["EcgData.Ingest"] = ["EcgData.Sources", "EcgData.Shards"],
        ["EcgData.Training"] = ["EcgData.Shards", "EcgData.Models", "EcgData.Consumers"],
        ["EcgData.Evaluation"] = ["EcgData.Shards", "EcgData.Models", "EcgData.Training"],   // it evaluates on the batches that Training makes
        ["EcgData.Reports"] = ["EcgData.Signals", "EcgData.Shards"],
    };

    /// <summary>The one project that may reference a package, by the beginning of the package's name.</summary>
    private static readonly Dictionary<string, string> Keepers = new(StringComparer.Ordinal)
    {
        ["Azure."] = "EcgData.Storage",
        ["Parquet.Net"] = "EcgData.Shards",
        ["System.IO.Hashing"] = "EcgData.Shards",
        ["TorchSharp"] = "EcgData.Models",
        ["libtorch"] = "EcgData.Models",
        ["CsvHelper"] = "EcgData.Sources",
        ["PureHDF"] = "EcgData.Sources",
        ["SkiaSharp"] = "EcgData.Reports",
        ["OpenTelemetry"] = Top,
        ["Spectre.Console"] = Top,
        ["System.CommandLine"] = Top,
        ["Microsoft.Data.Analysis"] = "EcgData.Ingest",
    };

    private static IEnumerable<Project> Rooms => Repository.Projects.Values.Where(project => project.IsRoom);

    public static TheoryData<string> RoomNames => [.. Rooms.Select(room => room.Name).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(RoomNames))]
    public void Room_References_GoOneWay(string room)
    {
        Assert.True(Allowed.TryGetValue(room, out var allowed), $"{room} has no line in the table of allowed references.");
        Assert.Empty(Repository.Projects[room].References.Except(allowed));
    }

    [Fact]
    public void Package_OfARoom_IsReferencedThereOnly()
    {
        var astray =
            from project in Repository.Projects.Values
            where project.IsRoom || project.Name == Top
            from package in project.Packages
            let keeper = Keepers.FirstOrDefault(keeper => package.StartsWith(keeper.Key, StringComparison.Ordinal)).Value
            where keeper != project.Name
            select keeper is null ? $"{project.Name}: {package} is in no room's keeping" : $"{project.Name}: {package} belongs to {keeper}";
        Assert.Empty(astray);
    }

    [Fact]
    public void Signals_IsPure_WithoutAnyPackage() => Assert.Empty(Repository.Projects["EcgData.Signals"].Packages);

    [Theory]
    [MemberData(nameof(RoomNames))]
    public void Room_Tests_AreAProjectThatReferencesIt(string room)
    {
        Assert.True(Repository.Projects.TryGetValue(room + ".Tests", out var tests), $"tests/{room}.Tests is missing.");
        Assert.Contains(room, tests.References);
    }

    [Theory]
    [MemberData(nameof(RoomNames))]
    public void Tests_OfARoom_ReferenceNoRoomThatItMayNot(string room)
    {
        var reachable = new HashSet<string>(StringComparer.Ordinal) { room };
        while (reachable.Select(name => Allowed[name]).SelectMany(names => names).Any(reachable.Add)) { }
        Assert.Empty(Repository.Projects[room + ".Tests"].References.Except(reachable));
    }

    [Fact]
    public void Pipelines_Alone_ReferencesEveryRoom()
    {
        var rooms = Rooms.Select(room => room.Name).ToHashSet(StringComparer.Ordinal);
        var knowing = Repository.Projects.Values.Where(project => rooms.IsSubsetOf(project.References)).Select(project => project.Name);
        Assert.Equal(Top, Assert.Single(knowing));
    }

    [Fact]
    public void Solution_Lists_EveryProjectOnce()
    {
        var listed =
            from line in File.ReadLines(Path.Join(Repository.Root, "EcgData.sln"))
            where line.StartsWith("Project(", StringComparison.Ordinal) && line.Contains(".csproj", StringComparison.Ordinal)
            select line.Split('"')[5].Replace('\\', '/');
        Assert.Equal(Repository.Projects.Values.Select(project => project.Path).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void LockFile_OfEveryProject_IsThere() =>
        Assert.All(Repository.Projects.Values, project =>
            Assert.True(File.Exists(Path.Join(Repository.Root, Path.GetDirectoryName(project.Path), "packages.lock.json")), project.Path));

    /// <summary>One libtorch, and the lock files speak of the one for processors alone. Whether the other works takes a GPU to see.</summary>
    [Theory]
    [InlineData("cpu", "libtorch-cpu-linux-x64", "true", "")]
    [InlineData("cuda", "libtorch-cuda-12.8-linux-x64", "", "packages.cuda.lock.json")]
    public void Torch_AsBuilt_AsksForItsLibrary(string torch, string library, string locked, string lockFile)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [
                "msbuild", Path.Join(Repository.Root, Repository.Projects["EcgData.Models"].Path), $"-p:Torch={torch}", "-p:CI=true",
                "-getItem:PackageReference", "-getProperty:RestoreLockedMode", "-getProperty:NuGetLockFilePath",
            ])
        { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var evaluated = JsonDocument.Parse(process.StandardOutput.ReadToEnd()).RootElement;
        process.WaitForExit();
        var packages = evaluated.GetProperty("Items").GetProperty("PackageReference").EnumerateArray().Select(item => item.GetProperty("Identity").GetString()!);
        Assert.Equal(library, Assert.Single(packages, package => package.StartsWith("libtorch", StringComparison.Ordinal)));
        Assert.Equal(locked, evaluated.GetProperty("Properties").GetProperty("RestoreLockedMode").GetString());
        Assert.EndsWith(lockFile, evaluated.GetProperty("Properties").GetProperty("NuGetLockFilePath").GetString(), StringComparison.Ordinal);
    }
}
