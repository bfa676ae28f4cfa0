using System.Xml.Linq;

namespace EcgData.Pipelines.Tests;

/// <summary>The source tree that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>The folder of EcgData.sln, found upwards from the tests' own.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>All projects, by name.</summary>
    public static IReadOnlyDictionary<string, Project> Projects { get; } =
        new[] { "pipelines", "src", "tests" }
            .SelectMany(room => Directory.EnumerateFiles(Path.Join(Root, room), "*.csproj", SearchOption.AllDirectories))
            .Select(Project.Read)
            .ToDictionary(project => project.Name, StringComparer.Ordinal);

    private static string Find(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Join(folder.FullName, "EcgData.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"{start}: no folder above it holds EcgData.sln. Run the tests from a build inside the repository.");
    }
}

/// <summary>What a project file asks for.</summary>
/// <param name="Name">The file's name without its ending.</param>
/// <param name="Path">Relative to the repository's root, with forward slashes.</param>
/// <param name="References">Names of the projects that it references itself.</param>
/// <param name="Packages">Names of the packages that it references itself.</param>
internal sealed record Project(string Name, string Path, IReadOnlySet<string> References, IReadOnlySet<string> Packages)
{
    public bool IsRoom => Path.StartsWith("src/", StringComparison.Ordinal);

    public static Project Read(string file)
    {
        var items = XDocument.Load(file).Descendants().ToLookup(element => element.Name.LocalName, StringComparer.Ordinal);
        return new Project(
            System.IO.Path.GetFileNameWithoutExtension(file),
            System.IO.Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'),
            items["ProjectReference"].SelectMany(item => Expand(file, item)).ToHashSet(StringComparer.Ordinal),
            items["PackageReference"].Select(item => item.Attribute("Include")!.Value).ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>A reference names a project file, or all of them below a folder: ../src/**/*.csproj.</summary>
    private static IEnumerable<string> Expand(string file, XElement reference)
    {
        var include = reference.Attribute("Include")!.Value.Replace('\\', '/');
        var every = include.IndexOf("/**/", StringComparison.Ordinal);
        if (every < 0) return [System.IO.Path.GetFileNameWithoutExtension(include)];
        var folder = System.IO.Path.Join(System.IO.Path.GetDirectoryName(file), include[..every]);
        return Directory.EnumerateFiles(folder, include[(every + 4)..], SearchOption.AllDirectories)
            .Select(found => System.IO.Path.GetFileNameWithoutExtension(found));
    }
}
