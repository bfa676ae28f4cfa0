using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using EcgData.Shards;

namespace EcgData.Pipelines.Operations;

/// <summary>
/// Whom a build calls when somebody should know of it: a program, which gets the run's report on its standard input, or an address,
/// to which the report is posted. Whatever becomes of the call, the build's end is the build's.
/// </summary>
internal sealed class Hook
{
    public const string Option = "--hook";

    /// <summary>Names the hook where the command line does not: an address may be a secret, and others can read a command line.</summary>
    public const string Variable = "ECGDATA_HOOK";

    private const int Attempts = 3;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly Uri? _address;
    private readonly string _program;

    private Hook(Uri? address, string program) => (_address, _program) = (address, program);

    /// <param name="target">What the command line names, or null: then the environment is asked.</param>
    /// <returns>null where neither names a hook.</returns>
    /// <exception cref="UsageException">Neither an address nor a program.</exception>
    public static Hook? Find(string? target)
    {
        var where = target is null ? Variable : Option;
        target ??= Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrWhiteSpace(target)) return null;
        if (target.Contains("://", StringComparison.Ordinal))
            return Uri.TryCreate(target, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
                ? new Hook(address, "")
                : throw new UsageException($"{where}: not an address that can be posted to. Expected https://HOST/PATH or a program.");
        if (target.Contains('/') && !File.Exists(target))
            throw new UsageException($"{where} {target}: no such program. Expected the path of one (it gets no arguments; a script may add some), or https://HOST/PATH.");
        return new Hook(null, target);
    }

    /// <summary>Calls it; what goes wrong is told on standard error.</summary>
    /// <param name="page">Where the report's page is, or null.</param>
    public async Task CallAsync(RunReport report, string? page)
    {
        string? trouble;
        try
        {
            var document = JsonSerializer.SerializeToUtf8Bytes(report, CorpusJson.Readable.For<RunReport>());
            trouble = _address is null ? await RunAsync(document, report, page) : await PostAsync(document);
        }
        catch (Exception e)
        {
            trouble = e.GetType().Name;   // not foreseen; it must not take the place of the build's own fault, and its text may hold the address
        }

        if (trouble is not null) Console.Error.WriteLine($"hook: {trouble}");
    }

    private async Task<string?> PostAsync(byte[] document)
    {
        // a redirect might lead a secret elsewhere
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = AnswerWithin };
        var trouble = "";
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            if (attempt > 1) await Task.Delay(FirstPause * (attempt - 1));
            try
            {
                using var content = new ByteArrayContent(document);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
                using var answer = await client.PostAsync(_address, content);
                if (answer.IsSuccessStatusCode) return null;
                trouble = $"{_address!.Host} answered {(int)answer.StatusCode}.";
                if (answer.StatusCode is not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests) && (int)answer.StatusCode < 500) return trouble;
            }
            catch (HttpRequestException e)
            {
                trouble = $"{_address!.Host} cannot be reached: {e.HttpRequestError}.";
            }
            catch (TaskCanceledException)
            {
                trouble = $"{_address!.Host} did not answer within {AnswerWithin.TotalSeconds:0} s.";
            }
        }

        return $"{trouble} Tried {Attempts} times.";
    }

    private async Task<string?> RunAsync(byte[] document, RunReport report, string? page)
    {
        // no shell reads the name, and nothing of the report becomes an argument
        var start = new ProcessStartInfo(_program) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["ECGDATA_EVENT"] = string.Join(' ', report.Events.Select(one => JsonNamingPolicy.KebabCaseLower.ConvertName(one.ToString())));
        start.Environment["ECGDATA_EXIT_CODE"] = $"{report.ExitCode}";
        start.Environment["ECGDATA_CORPUS"] = report.Corpus;
        start.Environment["ECGDATA_VERSION"] = report.Version ?? "";
        start.Environment["ECGDATA_REPORT"] = page ?? "";
        try
        {
            using var process = Process.Start(start)!;
            using var patience = new CancellationTokenSource(EndWithin);
            try
            {
                var said = PassOnAsync(process.StandardOutput, patience.Token);
                await FeedAsync(process.StandardInput, document, patience.Token);
                await process.WaitForExitAsync(patience.Token);
                // what it has left running may hold its output for ever
                await said.WaitAsync(LastWords, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return process.ExitCode == 0 ? null : $"{_program} ended with {process.ExitCode}.";
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                return $"{_program} did not end within {EndWithin.TotalSeconds:0} s and was killed.";
            }
        }
        catch (Win32Exception e)
        {
            return $"{_program} cannot be started: {e.Message}";
        }
    }

    private static async Task FeedAsync(StreamWriter input, byte[] document, CancellationToken cancel)
    {
        try
        {
            await using (input) await input.BaseStream.WriteAsync(document, cancel);
        }
        catch (IOException)
        {
            // it does not want to read, which is its own affair
        }
    }

    /// <summary>Standard output is the build's own: what the hook prints goes to standard error.</summary>
    private static async Task PassOnAsync(StreamReader output, CancellationToken cancel)
    {
        while (await output.ReadLineAsync(cancel) is { } line) Console.Error.WriteLine($"hook: {line}");
    }
}
