namespace EcgData.Shards.Reading;

/// <summary>What is at a position of the reading order.</summary>
/// <param name="Group">Index of the row group in the row-group table.</param>
/// <param name="Row">Row in the row group.</param>
/// <param name="Start">First sample of the crop.</param>
public readonly record struct ItemPlace(int Group, int Row, int Start);

/// <summary>An item of a row group.</summary>
/// <param name="Crop">Number of the consecutive crop, from 0; 0 where the crop's start is drawn.</param>
internal readonly record struct GroupItem(int Row, int Crop);
