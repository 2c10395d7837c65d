cmd_smoke() { die "not yet"; }
