using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>Reads a source's metadata on another thread, a few thousand records ahead: parsing tables and filing entries each take a core.</summary>
internal sealed class EntriesAhead : IDisposable
{
    private const int BatchEntries = 2048;   // whoever waits for a batch spins first
    private const int BatchesAhead = 3;

    private readonly BlockingCollection<List<CatalogueEntry>> _batches = new(BatchesAhead);
    private readonly CancellationTokenSource _stop;
    private readonly Task _reading;
    private ExceptionDispatchInfo? _failure;

    public EntriesAhead(IEnumerable<CatalogueEntry> entries, CancellationToken cancel)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _reading = Task.Factory.StartNew(
            () => Read(entries), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The entries in the source's order.</summary>
    /// <exception cref="SourceException">As the source throws it, behind the entries that it gave before.</exception>
    /// <exception cref="OperationCanceledException">The build was cancelled.</exception>
    public IEnumerable<CatalogueEntry> Read()
    {
        foreach (var batch in _batches.GetConsumingEnumerable(_stop.Token))
        {
            foreach (var entry in batch) yield return entry;
        }

        _failure?.Throw();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _reading.Wait();   // it keeps its exception to itself
        _stop.Dispose();
        _batches.Dispose();
    }

    private void Read(IEnumerable<CatalogueEntry> entries)
    {
        try
        {
            List<CatalogueEntry> batch = new(BatchEntries);
            foreach (var entry in entries)
            {
                batch.Add(entry);
                if (batch.Count < BatchEntries) continue;
                _batches.Add(batch, _stop.Token);
                batch = new List<CatalogueEntry>(BatchEntries);
            }

            _batches.Add(batch, _stop.Token);
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);   // told to whoever reads, behind what was read before
        }
        finally
        {
            _batches.CompleteAdding();
        }
    }
}
