# Files of share/ go to $(pkgdatadir) in the same folders, where mi_share_find looks for them.
presetsdir = $(pkgdatadir)/presets
dist_presets_DATA =
schemasdir = $(pkgdatadir)/schemas
dist_schemas_DATA =
completionsdir = $(datadir)/bash-completion/completions
dist_completions_DATA =
