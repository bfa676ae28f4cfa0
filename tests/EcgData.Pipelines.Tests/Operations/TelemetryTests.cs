using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests.Operations;

/// <summary>What a collector gets over OTLP, and that one which is not there does no harm.</summary>
public sealed class TelemetryTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Build_WithACollector_SendsTheSpansAndMetricsOfThePage()
    {
        using var collector = new Listener();
        var version = Run(("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_SERVICE_NAME", "nightly")).EndsWith(0).Version;
        Assert.Equal(synthetic.Corpus.Head, version);
        Assert.Equal(synthetic.Corpus.Contents, new CorpusFolder(_folder["corpus"]).Contents);

        var traces = Requests(collector, "/v1/traces");
        Assert.All(traces, request => Assert.Equal("nightly", request.Messages(1, 1).First().Attributes(1)["service.name"]));
        var spans = traces.SelectMany(request => request.Messages(1, 2, 2)).ToList();
        var build = Assert.Single(spans, span => span.Text(5) == "build");
        Assert.Empty(build.Bytes(4));
        Assert.Equal(version, build.Attributes(9)["ecgdata.version"]);
        Assert.All(spans, span => Assert.Equal(build.Bytes(1), span.Bytes(1)));   // one trace
        foreach (var (name, parent) in (ReadOnlySpan<(string, string)>)[("plan", "build"), ("list", "plan"), ("shard", "build"), ("commit", "build"), ("report", "build")])
        {
            var above = spans.Single(span => span.Text(5) == parent).Bytes(2);
            Assert.All(spans.Where(span => span.Text(5) == name), span => Assert.Equal(above, span.Bytes(4)));
        }

        var shards = spans.Where(span => span.Text(5) == "shard").ToList();
        Assert.Equal(synthetic.Corpus.Manifest.Shards.Select(shard => shard.SizeBytes).Order(), shards.Select(span => long.Parse(span.Attributes(9)["ecgdata.shard.size"])).Order());
        Assert.Equal(80, shards.Sum(span => int.Parse(span.Attributes(9)["ecgdata.records"])));

        // cumulative: the last word of each series counts
        var metrics = Requests(collector, "/v1/metrics").SelectMany(request => request.Messages(1, 2, 2)).ToList();
        var records = metrics.Last(metric => metric.Text(1) == "ecgdata.records").Messages(7, 1).ToList();
        Assert.Equal(80, records.Sum(point => point.Number(6)));
        Assert.Equal(
            synthetic.Corpus.Manifest.Sources[0].Rejections.OrderBy(pair => pair.Key, StringComparer.Ordinal),
            records.Where(point => point.Attributes(7)["state"] == "rejected").Select(point => KeyValuePair.Create(point.Attributes(7)["reason"], point.Number(6))).OrderBy(pair => pair.Key, StringComparer.Ordinal));
        Assert.Equal(0, metrics.Last(metric => metric.Text(1) == "ecgdata.work.records").Messages(7, 1).Sum(point => point.Number(6)));
        Assert.Equal(0, metrics.Last(metric => metric.Text(1) == "ecgdata.work.memory").Messages(7, 1).Sum(point => point.Number(6)));
        var stages = metrics.Last(metric => metric.Text(1) == "ecgdata.record.duration").Messages(9, 1).ToDictionary(point => point.Attributes(9)["stage"], point => point.Number(4));
        Assert.Equal(new Dictionary<string, long> { ["read"] = 80, ["condition"] = 80, ["encode"] = 80 }, stages);

        var page = File.ReadAllText(Path.Join(Repository.Root, "pipelines/deploy/operations.md"));
        var documented = Regex.Matches(page, @"^\| `(ecgdata\.[a-z.]+)`", RegexOptions.Multiline).Select(match => match.Groups[1].Value).Order();
        Assert.Equal(documented, metrics.Select(metric => metric.Text(1)).Where(name => name.StartsWith("ecgdata.", StringComparison.Ordinal)).Distinct().Order());
        Assert.All(spans.Select(span => span.Text(5)).Distinct(), name => Assert.Contains($"| `{name}` |", page, StringComparison.Ordinal));
    }

    [Fact]
    public void Build_WhoseCollectorIsGone_IsTheSameBuild()
    {
        var outcome = Run(("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://127.0.0.1:{Listener.FreePort()}")).EndsWith(0);
        Assert.Equal(synthetic.Corpus.Head, outcome.Version);
        Assert.Equal(synthetic.Corpus.Contents, new CorpusFolder(_folder["corpus"]).Contents);
    }

    [Fact]
    public void Build_WhoseCollectorNeverAnswers_EndsNonetheless()
    {
        // takes connections and says nothing: ten seconds per request would be waited for if the end of the build did
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var clock = Stopwatch.StartNew();
        var outcome = Run(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "300")).EndsWith(0);
        Assert.Equal(synthetic.Corpus.Head, outcome.Version);
        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), $"{clock.Elapsed}");
    }

    [Fact]
    public void Build_WithTheSdkDisabled_SendsNothing()
    {
        using var collector = new Listener();
        Run(("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_SDK_DISABLED", "true")).EndsWith(0);
        Assert.Empty(collector.Posts);
    }

    private static List<ProtocolBuffer> Requests(Listener collector, string path) =>
        [.. collector.Posts.Where(post => post.Path == path).Select(post => new ProtocolBuffer(post.Body))];

    private Outcome Run(params (string Name, string Value)[] environment) => new Ecgdata(_folder["caches"]).Run(
        [("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), .. environment],
        "build", "--json", "--quiet", "--corpus", _folder["corpus"], "--source", synthetic.Source, "--set", SyntheticCorpus.SmallShards, "--set", SyntheticCorpus.Lenient);
}
