# nobase_dist_pkgdata_DATA += share/presets/ct.json
