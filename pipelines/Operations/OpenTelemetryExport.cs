using System.Globalization;
using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace EcgData.Pipelines.Operations;

/// <summary>The OpenTelemetry SDK with its OTLP exporter; its own environment variables (OTEL_…) set all the rest.</summary>
internal sealed class OpenTelemetryExport : IDisposable
{
    /// <summary>Where nothing else is set: at the end of a build nobody waits ten seconds for a collector that is gone.</summary>
    private const int DefaultTimeoutMilliseconds = 3000;

    private readonly TracerProvider _spans;
    private readonly MeterProvider _metrics;
    private readonly int _timeout;

    public OpenTelemetryExport()
    {
        _timeout = int.TryParse(
            Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_TIMEOUT"), NumberStyles.None, CultureInfo.InvariantCulture, out var set) ? set : DefaultTimeoutMilliseconds;
        _spans = Sdk.CreateTracerProviderBuilder().ConfigureResource(Describe).AddSource("EcgData.*").AddOtlpExporter(Bound).Build();
        // the runtime's own instruments: garbage, threads, and the requests to a store over HTTP
        _metrics = Sdk.CreateMeterProviderBuilder().ConfigureResource(Describe)
            .AddMeter("EcgData.*", "System.Runtime", "System.Net.Http").AddOtlpExporter(Bound).Build();
    }

    /// <summary>Sends what is left, spans and metrics at the same time, and lets go of a collector that does not take it in time.</summary>
    public void Dispose()
    {
        Task[] ends = [Task.Run(() => _spans.Shutdown(_timeout)), Task.Run(() => _metrics.Shutdown(_timeout))];
        Task.WaitAll(ends, _timeout + 500);
    }

    private void Bound(OtlpExporterOptions options) => options.TimeoutMilliseconds = _timeout;

    /// <summary>The last word is the environment's: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES.</summary>
    private static void Describe(ResourceBuilder resource) => resource.Clear()
        .AddService("ecgdata", serviceVersion: Assembly.GetExecutingAssembly().GetName().Version?.ToString(3), autoGenerateServiceInstanceId: true)
        .AddTelemetrySdk().AddEnvironmentVariableDetector();
}
