using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace EcgData.Pipelines.Operations;

/// <summary>Spans and metrics over OTLP, where the standard environment variables of OpenTelemetry name a collector; else nothing is loaded for it.</summary>
internal static class Telemetry
{
    private static readonly string[] Endpoints =
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    /// <summary>Spans of the verbs.</summary>
    public static ActivitySource Spans { get; } = new("EcgData.Pipelines");

    private static bool IsOn { get; } =
        Endpoints.Any(name => !string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(name)))
        && !string.Equals(Environment.GetEnvironmentVariable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Starts to export; what it returns ends it, and waits a little for what is still to be sent. Null where it is off.</summary>
    public static IDisposable? Start() => IsOn ? Export() : null;

    /// <summary>A function of its own, so that the exporter's assemblies are loaded when it is called and not before.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static OpenTelemetryExport Export() => new();
}
