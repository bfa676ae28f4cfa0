using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using EcgData.Shards;

namespace EcgData.Ingest;

/// <summary>The plans of a corpus: <c>plans/&lt;id&gt;/</c>, and which was made last.</summary>
public sealed class PlanStore(CorpusStore corpus)
{
    /// <summary>Everything below it belongs to builds that are not finished.</summary>
    public const string Folder = "plans/";

    private const string Latest = Folder + "LATEST";

    /// <summary>Writes a plan down: the entries of each source first, the document after them, and last that it is the latest.</summary>
    /// <param name="contentsOf">What the plan has found out about the files of an entry.</param>
    public async Task<PlanDocument> WriteAsync(BuildPlan plan, int? limit, Planner planner, CancellationToken cancel)
    {
        List<PlanSource> sources = [];
        List<PlanShard> shards = [];
        List<(string Name, Storage.ObjectWriter Writer)> entries = [];
        try
        {
            foreach (var catalogue in plan.Catalogues)
            {
                sources.Add(new PlanSource(catalogue.Name, catalogue.Folder.Path, limit, PlanEntries.Hash(catalogue, cancel)));
                var writer = corpus.Objects.Create();
                entries.Add((catalogue.Name, writer));
                long offset = 0;
                foreach (var shard in plan.Shards.Where(shard => shard.Catalogue == catalogue))
                {
                    cancel.ThrowIfCancellationRequested();
                    var bytes = shard.Reused is not null
                        ? 0
                        : PlanEntries.Write(writer.Stream, catalogue, shard.First, shard.Count, entry => planner.ContentsOf(catalogue.Folder, entry));
                    shards.Add(new PlanShard(
                        catalogue.Name, shard.Folder, shard.First, shard.Count, shard.InputDigest!, shard.Reused is not null, bytes == 0 ? 0 : offset, bytes));
                    offset += bytes;
                }
            }

            var document = PlanDocument.Identify(new PlanDocument
            {
                Id = "",
                Recipe = plan.Recipe,
                Sources = sources,
                Dropped = plan.Dropped,
                Parent = plan.Parent?.Id,
                Shards = shards,
            });
            foreach (var (name, writer) in entries) await writer.CommitAsync(Entries(document.Id, name), cancel);
            await WriteAsync(Document(document.Id), JsonSerializer.SerializeToUtf8Bytes(document, BuildRecipe.Compiled.For<PlanDocument>()), cancel);
            await WriteAsync(Latest, Encoding.UTF8.GetBytes(document.Id + "\n"), cancel);
            return document;
        }
        finally
        {
            foreach (var (_, writer) in entries) await writer.DisposeAsync();
        }
    }

    /// <param name="id">Of the plan, or null for the one that was made last.</param>
    /// <exception cref="CorpusException">There is no such plan, or it is damaged.</exception>
    public async Task<PlanDocument> ReadAsync(string? id, CancellationToken cancel)
    {
        id ??= (await ReadTextAsync(Latest, cancel))?.Trim() ?? throw new CorpusException(
            $"{corpus.Objects.Address}: no plan has been written here. 'ecgdata build --plan' writes one.");
        if (id.Length != 20 || !id.All(char.IsAsciiHexDigitLower))
            throw new CorpusException($"{corpus.Objects.Address}: '{id}' is no plan. Expected 20 hexadecimal digits, as 'ecgdata build --plan' prints.");
        var text = await ReadTextAsync(Document(id), cancel) ?? throw new CorpusException(
            $"{corpus.Objects.Address}: plan {id} is not there. It is gone once its build is finished; 'ecgdata build --plan' writes another.");
        try
        {
            var document = JsonSerializer.Deserialize(text, BuildRecipe.Compiled.For<PlanDocument>())!;
            if (PlanDocument.Identify(document).Id == id && document.SchemaVersion == PlanDocument.CurrentSchemaVersion) return document;
        }
        catch (JsonException)
        {
            // Told below.
        }

        throw new CorpusException(
            $"{corpus.Objects.Address}: {Document(id)} is damaged or of another version of this program. Write the plan again with 'ecgdata build --plan'; what is built is reused.");
    }

    /// <summary>The plans whose builds are not finished.</summary>
    public async IAsyncEnumerable<PlanDocument> ReadAllAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var stored in corpus.Objects.ListAsync(Folder, cancel))
        {
            if (stored.Name.Split('/') is [_, var id, "plan.json"]) yield return await ReadAsync(id, cancel);
        }
    }

    /// <summary>A stream over the entries of a plan's source.</summary>
    internal Task<Stream> OpenEntriesAsync(string id, string source, CancellationToken cancel) => corpus.Objects.OpenReadAsync(Entries(id, source), cancel);

    /// <summary>Remembers that a job's files turned out to be other ones, so that its receipt has another name than was planned.</summary>
    internal Task WriteFoundAsync(string id, string plannedDigest, string digest, CancellationToken cancel) =>
        WriteAsync(Found(id, plannedDigest), Encoding.UTF8.GetBytes(digest + "\n"), cancel);

    /// <summary>The digest under which a job of a plan has left its receipt, or null where it has left none.</summary>
    public async Task<string?> FindReceiptAsync(string id, string plannedDigest, CancellationToken cancel)
    {
        if (await corpus.Objects.FindAsync(CorpusPaths.Receipt(plannedDigest), cancel) is not null) return plannedDigest;
        var found = (await ReadTextAsync(Found(id, plannedDigest), cancel))?.Trim();
        return found is not null && await corpus.Objects.FindAsync(CorpusPaths.Receipt(found), cancel) is not null ? found : null;
    }

    /// <summary>Removes a plan whose version is committed.</summary>
    public async Task DeleteAsync(string id, CancellationToken cancel)
    {
        if ((await ReadTextAsync(Latest, cancel))?.Trim() == id) await corpus.Objects.DeleteAsync(Latest, cancel);
        await corpus.Objects.DeleteAsync(Document(id), cancel);
        var rest = await corpus.Objects.ListAsync($"{Folder}{id}/", cancel).ToListAsync(cancel);
        foreach (var stored in rest) await corpus.Objects.DeleteAsync(stored.Name, cancel);
    }

    private static string Document(string id) => $"{Folder}{id}/plan.json";

    private static string Entries(string id, string source) => $"{Folder}{id}/{source}.entries";

    private static string Found(string id, string plannedDigest) => $"{Folder}{id}/found/{plannedDigest}";

    private async Task<string?> ReadTextAsync(string name, CancellationToken cancel)
    {
        if (await corpus.Objects.FindAsync(name, cancel) is null) return null;
        using var reader = new StreamReader(await corpus.Objects.OpenReadAsync(name, cancel), Encoding.UTF8);
        return await reader.ReadToEndAsync(cancel);
    }

    private async Task WriteAsync(string name, byte[] content, CancellationToken cancel)
    {
        await using var writer = corpus.Objects.Create();
        await writer.Stream.WriteAsync(content, cancel);
        await writer.CommitAsync(name, cancel);
    }
}
