"""`make compare-bundletool`: our fit of split sets beside that of bundletool itself."""
