return await EcgData.Pipelines.Program.Main(args);
