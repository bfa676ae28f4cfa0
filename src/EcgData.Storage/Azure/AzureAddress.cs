using Azure.Storage.Blobs;

namespace EcgData.Storage;

/// <summary>A container and a prefix in it, as an address names them.</summary>
internal sealed record AzureAddress(Uri Container, string Prefix)
{
    /// <summary>Pinned: newer ones are refused by the emulator, and nothing here needs them.</summary>
    public const BlobClientOptions.ServiceVersion ServiceVersion = BlobClientOptions.ServiceVersion.V2025_11_05;

    private const string Short = "az://";

    /// <exception cref="FormatException">Not an address of a container. The message repeats the address only as far as it holds no secret.</exception>
    public static AzureAddress Parse(string address, string? connectionString)
    {
        var account = connectionString is null ? null : AccountOf(connectionString);
        if (address.StartsWith(Short, StringComparison.Ordinal))
        {
            if (account is null)
                throw new FormatException(
                    $"{address}: az:// is short for a container of the account in AZURE_STORAGE_CONNECTION_STRING, which is not set. " +
                    "Set it, or give the whole address, https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX.");
            return Split(address, account, address[Short.Length..]);
        }

        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http"))
            throw new FormatException($"{address}: not the address of a container. Expected https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX or az://CONTAINER/PREFIX.");
        if (uri.Query.Length > 0 || uri.UserInfo.Length > 0)
            throw new FormatException(
                $"{uri.GetLeftPart(UriPartial.Path).Replace(uri.UserInfo + "@", "", StringComparison.Ordinal)}: the address carries a signature or a password, " +
                "which would end in histories and logs. Put a connection string into AZURE_STORAGE_CONNECTION_STRING, or sign in for the default credential chain.");
        if (account is null)
        {
            if (uri.Scheme != "https")
                throw new FormatException($"{address}: credentials go over https only. Expected https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX.");
            return Split(address, new Uri(uri.GetLeftPart(UriPartial.Authority) + "/"), uri.AbsolutePath[1..]);
        }

        if (!uri.AbsoluteUri.StartsWith(account.AbsoluteUri, StringComparison.OrdinalIgnoreCase))
            throw new FormatException(
                $"{address}: AZURE_STORAGE_CONNECTION_STRING is set, and is of another account ({account.Host}). Unset it to use the default credential chain, or correct one of the two.");
        return Split(address, account, uri.AbsoluteUri[account.AbsoluteUri.Length..]);
    }

    private static Uri AccountOf(string connectionString)
    {
        try
        {
            var uri = new BlobServiceClient(connectionString).Uri.AbsoluteUri;
            return new Uri(uri.EndsWith('/') ? uri : uri + "/");
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // The cause may quote a part of the string: it stays out.
            throw new FormatException(
                "AZURE_STORAGE_CONNECTION_STRING is no connection string. Expected DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net, as the portal shows it.");
        }
    }

    private static AzureAddress Split(string address, Uri account, string path)
    {
        var parts = Uri.UnescapeDataString(path).Trim('/').Split('/');
        if (parts[0].Length is < 3 or > 63 || !parts[0].All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
            throw new FormatException($"{address}: '{parts[0]}' is no name of a container. Expected 3 to 63 lower-case letters, digits and hyphens.");
        var prefix = string.Join('/', parts[1..]);
        if (prefix.Length > 0)
        {
            try
            {
                ObjectName.Check(prefix);
            }
            catch (ArgumentException)
            {
                throw new FormatException($"{address}: '{prefix}' is no prefix. Expected parts joined by '/', none of them empty, '.' or '..'.");
            }
        }

        return new AzureAddress(new Uri(account, parts[0]), prefix);
    }
}
