/** The keys of kustomize's files that name something to read, and all the others that are known. */

/** Lists of files. */
export const FILE_LISTS = ["crds", "configurations"] as const;
/** Lists of files and of folders with a kustomization. */
export const RESOURCE_LISTS = ["resources", "bases"] as const;
/** Lists of objects that configure what runs: a file, a folder, or the object itself. */
export const PLUGIN_LISTS = ["generators", "transformers", "validators"] as const;
/** Lists of maps whose `path` is a file. */
export const PATH_LISTS = ["patches", "patchesJson6902", "replacements"] as const;
/** Lists of maps that read files into ConfigMaps and Secrets. */
export const DATA_LISTS = ["configMapGenerator", "secretGenerator"] as const;

/** Every key that kustomize knows (`api/types/kustomization.go`). It refuses others itself. */
export const KUSTOMIZATION_KEYS: readonly string[] = [
  ...FILE_LISTS, ...RESOURCE_LISTS, ...PLUGIN_LISTS, ...PATH_LISTS, ...DATA_LISTS,
  "apiVersion", "kind", "metadata", "openapi", "namePrefix", "nameSuffix", "namespace", "commonLabels", "labels", "commonAnnotations",
  "patchesStrategicMerge", "images", "imageTags", "replicas", "vars", "sortOptions", "components", "generatorOptions", "buildMetadata",
  "helmGlobals", "helmCharts", "helmChartInflationGenerator",
];

/** What a ConfigMap or Secret is read from. */
export const DATA_KEYS = ["files", "envs", "env", "literals"] as const;
export const PATH_KEYS = ["path"] as const;

/** Of the kinds that are built in, the keys that name files. A kind that is not here is not run. */
export const BUILTIN_KINDS: Readonly<Record<string, readonly string[]>> = {
  AnnotationsTransformer: [],
  ConfigMapGenerator: DATA_KEYS,
  HashTransformer: [],
  HelmChartInflationGenerator: [],
  IAMPolicyGenerator: [],
  ImageTagTransformer: [],
  LabelTransformer: [],
  NamespaceTransformer: [],
  PatchJson6902Transformer: PATH_KEYS,
  PatchStrategicMergeTransformer: ["paths", "patches"],
  PatchTransformer: PATH_KEYS,
  PrefixSuffixTransformer: [],
  PrefixTransformer: [],
  ReplacementTransformer: ["replacements"],
  ReplicaCountTransformer: [],
  SecretGenerator: DATA_KEYS,
  SuffixTransformer: [],
  ValueAddTransformer: ["targetFilePath"],
};
