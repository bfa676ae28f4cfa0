using System.Diagnostics;
using System.Text.RegularExpressions;
using EcgData.Tests;
using YamlDotNet.RepresentationModel;

namespace EcgData.Pipelines.Tests;

/// <summary>
/// What the files of pipelines/deploy would start is started here, in their order and with their words: there is neither a cluster nor a second
/// init, so the program stands for the image, and folders for containers and volumes.
/// </summary>
public sealed partial class DeployTests : IDisposable
{
    private const string Container = "az://ecg/corpus";

    private readonly TemporaryFolder _folder = new();

    public DeployTests()
    {
        new Ecgdata(_folder["caches"]).Run("synth", Path.Join(Sources, "ptb-xl"), "--source", "ptb-xl", "--records", "24", "--defects", "0").EndsWith(0);
        Directory.CreateDirectory(_folder["opt"]);
        File.CreateSymbolicLink(Path.Join(_folder["opt"], "ecgdata"), Ecgdata.Path);
        Directory.CreateSymbolicLink(Path.Join(_folder["opt"], "recipes"), Path.Join(Repository.Root, "pipelines", "recipes"));
    }

    private string Sources => _folder["sources"];

    public void Dispose() => _folder.Dispose();

    /// <summary>A night by CronJob, a build in pods, and a night by systemd: the same version.</summary>
    [Fact]
    public void Files_WhatTheyStart_MakesTheSameVersion()
    {
        var nightly = Pods("nightly.yaml");
        Start(Command(Assert.Single(nightly)), "cron");

        var parts = Pods("parts.yaml");
        Assert.Equal(["plan", "parts", "finish"], parts.Select(pod => pod.Step));
        Start(Command(parts[0]), "pods");
        var count = parts[1].Completions!.Value;
        var command = Command(parts[1]);
        Assert.Contains($"/{count}\"", command, StringComparison.Ordinal);
        const int fewer = 3;   // so many indices as shards would be a process each
        for (var index = 0; index < fewer; index++)
            Start(command.Replace($"/{count}\"", $"/{fewer}\"", StringComparison.Ordinal), "pods", ("JOB_COMPLETION_INDEX", $"{index}"));
        Start(Command(parts[2]), "pods");

        var lines = File.ReadAllLines(Deployed("systemd", "ecgdata-nightly.service"));
        var services = lines.Where(line => line.StartsWith("ExecStart=", StringComparison.Ordinal)).Select(line => line["ExecStart=".Length..]).ToList();
        Assert.Equal(2, services.Count);   // build, then verify
        foreach (var service in services) Start(service, "night", ("CORPUS", Container), ("SOURCES", "--source ptb-xl=/sources/ptb-xl"));

        var heads = new[] { "cron", "pods", "night" }.Select(corpus => new CorpusFolder(_folder[corpus]).Head).ToList();
        Assert.Single(heads.Distinct());
    }

    /// <summary>The pods' arguments are the image's: what it starts and copies is there.</summary>
    [Fact]
    public void Image_StartsTheProgram_AndCopiesWhatIsThere()
    {
        var lines = File.ReadAllLines(Deployed("container", "Containerfile"));
        Assert.Contains("ENTRYPOINT [\"ecgdata\"]", lines);
        var copied = lines.Select(line => Copied().Match(line)).Where(match => match.Success).ToDictionary(match => match.Groups[2].Value, match => match.Groups[1].Value);
        Assert.Equal("bin/", copied["/opt/ecgdata/"]);   // what make build makes
        Assert.True(File.Exists(Path.Join(Repository.Root, copied["/opt/ecgdata/recipes/"], "nightly.json")));
    }

    [Fact]
    public void Timer_StartsTheServiceOfItsName()
    {
        var timer = File.ReadAllText(Deployed("systemd", "ecgdata-nightly.timer"));
        Assert.DoesNotContain("Unit=", timer, StringComparison.Ordinal);   // then it is the service that is named alike
        Assert.Matches(@"(?m)^OnCalendar=\*-\*-\* \d\d:\d\d:\d\d$", timer);
    }

    private static string Deployed(params string[] path) => Path.Join([Repository.Root, "pipelines", "deploy", .. path]);

    /// <summary>The containers of a file's jobs in the order of the file, which is the order in which they are applied.</summary>
    private static List<Pod> Pods(string file)
    {
        var stream = new YamlStream();
        using (var reader = File.OpenText(Deployed("kubernetes", file))) stream.Load(reader);
        return [.. stream.Documents.Select(document => Of((YamlMappingNode)document.RootNode))];

        static Pod Of(YamlMappingNode root)
        {
            var job = (string?)root["kind"] == "CronJob" ? root["spec"]["jobTemplate"] : root;
            var container = Assert.Single((YamlSequenceNode)job["spec"]["template"]["spec"]["containers"]);
            var spec = (YamlMappingNode)job["spec"];
            int? completions = spec.Children.TryGetValue("completions", out var number) ? int.Parse((string)number!) : null;
            var step = root["metadata"] is YamlMappingNode metadata && metadata.Children.TryGetValue("labels", out var labels) ? (string?)labels["step"] : null;
            return new Pod(step, completions, (YamlMappingNode)container);
        }
    }

    /// <summary>What a pod runs, as a line for a shell.</summary>
    private static string Command(Pod pod)
    {
        string[] Words(string key) => pod.Container.Children.TryGetValue(key, out var words)
            ? [.. ((YamlSequenceNode)words).Select(word => (string)word!)] : [];
        var command = Words("command");
        return command.Length > 0
            ? Assert.Single(command.SkipWhile(word => word is "sh" or "-c"))
            : string.Join(' ', Words("args").Prepend("ecgdata").Select(word => $"'{word}'"));
    }

    private void Start(string line, string corpus, params IEnumerable<(string Name, string Value)> environment)
    {
        string Here(string text) => text.Replace(Container, _folder[corpus], StringComparison.Ordinal)
            .Replace("/sources/", Sources + "/", StringComparison.Ordinal)
            .Replace("/opt/ecgdata/", _folder["opt"] + "/", StringComparison.Ordinal);
        var start = new ProcessStartInfo("bash", ["-euc", Here(line)]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{_folder["opt"]}:{start.Environment["PATH"]}";
        start.Environment["XDG_CACHE_HOME"] = _folder["caches"];
        foreach (var (name, value) in environment) start.Environment[name] = Here(value);
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{Here(line)}: exit code {process.ExitCode}\n{output.Result}\n{errors.Result}");
    }

    [GeneratedRegex(@"^COPY (\S+) (\S+)$")]
    private static partial Regex Copied();

    /// <param name="Step">The label by which it is applied, or null.</param>
    private sealed record Pod(string? Step, int? Completions, YamlMappingNode Container);
}
