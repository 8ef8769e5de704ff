# Files of share/ go to $(pkgdatadir) in the same folders, where mi_share_find looks for them.
presetsdir = $(pkgdatadir)/presets
dist_presets_DATA = share/presets/ct.json share/presets/ibsi-a.json share/presets/ibsi-b.json \
  share/presets/ibsi-c.json share/presets/ibsi-d.json share/presets/ibsi-e.json \
  share/presets/ibsi-phantom.json share/presets/mr.json share/presets/pet.json
schemasdir = $(pkgdatadir)/schemas
dist_schemas_DATA =
completionsdir = $(datadir)/bash-completion/completions
dist_completions_DATA =
dist_schemas_DATA += share/schemas/mi.config-1.json share/schemas/mi.error-1.json share/schemas/mi.features-1.json share/schemas/mi.usage-1.json
dist_schemas_DATA += share/schemas/mi.info-1.json
